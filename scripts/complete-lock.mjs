import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { root } from './step.mjs';

/**
 * `node scripts/complete-lock.mjs` after `npm install PACKAGE`. A registry mirror that has no
 * packages of foreign platforms makes npm leave them out of package-lock.json, and `npm ci` then
 * refuses the file everywhere ("Missing: … from lock file"). This adds them at the version that
 * their parent names; without a digest, which only a registry that has them can tell.
 */
const path = join(root, 'package-lock.json');
const lock = JSON.parse(readFileSync(path, 'utf8'));
const { packages } = lock;

for (const [parentPath, parent] of Object.entries(packages)) {
  for (const [name, version] of Object.entries(parent.optionalDependencies ?? {})) {
    const isThere =
      packages[`${parentPath}/node_modules/${name}`] ?? packages[`node_modules/${name}`];
    if (!isThere && /^\d/.test(version))
      packages[`node_modules/${name}`] = entry(name, version, parent);
  }
}
const sorted = Object.entries(packages).sort(([a], [b]) => a.localeCompare(b, 'en'));
writeFileSync(
  path,
  `${JSON.stringify({ ...lock, packages: Object.fromEntries(sorted) }, null, 2)}\n`,
);

/** Such packages are named for their platform: `@oxlint/binding-linux-arm64-musl`. */
function entry(name, version, { dev, license, engines }) {
  const [os, cpu, abi] = name
    .replace(/^.*\//, '')
    .replace(/^(core|binding)-/, '')
    .split('-');
  const libc = abi?.startsWith('musl') ? ['musl'] : ['glibc'];
  return {
    version,
    cpu: [cpu],
    ...(dev ? { dev } : {}),
    ...(os === 'linux' ? { libc } : {}),
    license,
    optional: true,
    os: [os],
    engines,
  };
}
