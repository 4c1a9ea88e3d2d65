import { readFileSync } from 'node:fs';

import { expect, test } from 'vitest';

type Locked = { resolved?: string; optionalDependencies?: Record<string, string> };

const text = readFileSync(new URL('../../package-lock.json', import.meta.url), 'utf8');
const { packages } = JSON.parse(text) as { packages: Record<string, Locked> };

test('the lock file is one that npm ci takes: every optional package of every platform is in it', () => {
  const missing = Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies).filter(
      (name) =>
        !(`${path}/node_modules/${name}` in packages) && !(`node_modules/${name}` in packages),
    ),
  );
  // When it fails: node scripts/complete-lock.mjs
  expect(missing).toEqual([]);
});

test('the lock file names no registry, so that a clone installs from that of its machine', () => {
  expect(Object.values(packages).filter(({ resolved }) => resolved !== undefined)).toEqual([]);
});
