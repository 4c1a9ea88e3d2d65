import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { NeedsPerson, root, run, say, spent } from './step.mjs';

const oldestNode = [20, 19];

/** Throws NeedsPerson when this Node is too old for ironstep. */
export function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > oldestNode[0] || (major === oldestNode[0] && minor >= oldestNode[1])) return;
  throw new NeedsPerson(
    `ironstep needs Node ${oldestNode.join('.')} or newer; this is ${process.versions.node}.`,
  );
}

/** Installs the npm packages of the lock file, unless exactly those are there. */
export async function ensureNpmPackages() {
  if (npmPackagesAreThere()) return say('✔ npm packages');
  const beganMs = performance.now();
  say('… npm packages: installing those of package-lock.json');
  // No install script is needed: all native parts come as prebuilt optional packages (which is
  // why --omit=optional would break the linter, the bundler and tsx).
  const { code, output } = await run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund']);
  if (code !== 0) throw new NeedsPerson(`npm ci failed:\n${output}`);
  say(`✔ npm packages, installed in ${spent(beganMs)}`);
}

/**
 * npm notes what it has installed in node_modules/.package-lock.json when it is through, so an
 * interrupted install counts as none.
 */
function npmPackagesAreThere() {
  const notePath = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(notePath)) return false;
  const { packages: there } = JSON.parse(readFileSync(notePath, 'utf8'));
  const { packages: wanted } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  return Object.entries(wanted).every(
    ([path, { version, optional }]) => path === '' || optional || there[path]?.version === version,
  );
}

/**
 * Brings what TypeScript already does better, now that it runs: Debian packages of the lab, the
 * Temporal CLI, a browser where one can be had, and what `npm run test:production` needs besides.
 * Everything that is started from here on uses this CLI. `wants`: which of `debian`, `browser`,
 * `temporal` and `production`.
 */
export async function ensurePrograms(wants) {
  const wanted = Object.entries(wants)
    .filter(([, isWanted]) => isWanted)
    .map(([name]) => `--${name}`);
  if (wanted.length === 0) return;
  const script = ['--import', 'tsx', join('scripts', 'prepare.ts'), ...wanted];
  const { code, output } = await run(process.execPath, script, { showStderr: true });
  if (code !== 0) throw new NeedsPerson('Nothing was started.');
  if (wants.temporal) process.env.TEMPORAL_CLI = output;
}
