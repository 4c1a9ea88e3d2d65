import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { NeedsPerson, root, run, say, spent, works } from './step.mjs';

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

/** Installs the lab's Debian packages by apt, as root or by sudo without a password. */
export async function ensureDebianPackages() {
  const wanted = readFileSync(join(root, 'lab', 'debian-packages.txt'), 'utf8')
    .split('\n')
    .map((line) => line.replace(/#.*/, '').trim())
    .filter(Boolean);
  const missing = await missingPackages(wanted);
  if (missing.length === 0) return say('✔ Debian packages');
  const install = ['apt-get', 'install', '-y', '--no-install-recommends', ...missing];
  const before = await rootPrefix();
  if (before === null) {
    throw new NeedsPerson(
      `The lab needs Debian packages that are missing here, and this user may not install them. ` +
        `Run this, then start again:\n\n  sudo apt-get update && sudo ${install.join(' ')}\n`,
    );
  }
  const beganMs = performance.now();
  say(`… Debian packages: installing ${missing.join(' ')}`);
  await apt(before, install);
  const still = await missingPackages(wanted);
  if (still.length > 0) {
    throw new NeedsPerson(`apt-get installed all but: ${still.join(' ')}. Install those yourself.`);
  }
  say(`✔ Debian packages, installed in ${spent(beganMs)}`);
}

async function missingPackages(wanted) {
  const format = '${Package} ${db:Status-Status}\n';
  try {
    // It fails when one is unknown, and still lists the others.
    const { output } = await run('dpkg-query', ['-W', '-f', format, ...wanted]);
    const there = new Set(output.split('\n'));
    return wanted.filter((name) => !there.has(`${name} installed`));
  } catch {
    throw new NeedsPerson(
      `The lab is built from Debian packages, and this is no Debian or Ubuntu (no dpkg-query).\n` +
        `Run it in a container or machine of Debian 12 or newer.`,
    );
  }
}

/** What makes a command run as root, or null when nothing does without a person. */
async function rootPrefix() {
  if (process.getuid?.() === 0) return [];
  return (await works('sudo', ['-n', 'true'])) ? ['sudo', '-n'] : null;
}

/** The lists may be missing or old; they are fetched only when it does not work without. */
async function apt(before, install) {
  const quiet = ['env', 'DEBIAN_FRONTEND=noninteractive'];
  const asRoot = async (command) => {
    const [program, ...args] = [...before, ...quiet, ...command];
    return run(program, args);
  };
  const first = await asRoot(install);
  if (first.code === 0) return;
  const update = await asRoot(['apt-get', 'update']);
  const second = await asRoot(install);
  if (second.code === 0) return;
  throw new NeedsPerson(`${install.join(' ')} failed:\n${update.output}\n${second.output}`);
}

/** Finds or installs the Temporal CLI; everything that is started from here uses this one. */
export async function ensureTemporalCli() {
  const script = ['--import', 'tsx', join('scripts', 'temporal-cli.ts')];
  const { code, output } = await run(process.execPath, script);
  if (code !== 0) throw new NeedsPerson(output.trimEnd());
  const { path, version, from } = JSON.parse(output.trimEnd().split('\n').at(-1));
  process.env.TEMPORAL_CLI = path;
  say(`✔ Temporal CLI ${version} (${from})`);
}
