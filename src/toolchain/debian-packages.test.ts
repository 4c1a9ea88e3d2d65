import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import {
  installDebianPackages,
  missingDebianPackages,
  readPackageList,
} from './debian-packages.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'debian-packages-'));
  vi.stubEnv('PATH', `${folder}:/usr/bin:/bin`);
  vi.stubEnv('NOTES', join(folder, 'notes'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  await rm(folder, { recursive: true });
});

/** Stands in for a program of the system; it notes how it was called. */
async function program(name: string, text: string): Promise<void> {
  const note = `echo "${name} $* \${DEBIAN_FRONTEND:-}" >> "$NOTES"`;
  await writeFile(join(folder, name), `#!/bin/sh\n${note}\n${text}\n`);
  await chmod(join(folder, name), 0o755);
}

async function notes(): Promise<string[]> {
  return (await readFile(join(folder, 'notes'), 'utf8')).trimEnd().split('\n');
}

function be(user: 'root' | 'nobody'): void {
  vi.spyOn(process, 'getuid').mockReturnValue(user === 'root' ? 0 : 65_534);
}

test('a list is one package a line, with comments', async () => {
  const path = join(folder, 'list');
  await writeFile(path, '# the lab\nqemu-system-x86  # machines\n\nzstd\n');
  expect(await readPackageList(path)).toEqual(['qemu-system-x86', 'zstd']);
});

test('what is unknown, removed or half installed is missing', async () => {
  const answer = 'zstd installed\\nqemu not-installed\\nmdadm half-configured\\n';
  await program('dpkg-query', `printf '${answer}'; echo no package btrfs >&2; exit 1`);
  const wanted = ['zstd', 'qemu', 'mdadm', 'btrfs'];
  expect(await missingDebianPackages(wanted)).toEqual(['qemu', 'mdadm', 'btrfs']);
});

test('a machine that is no Debian is told so', async () => {
  vi.stubEnv('PATH', folder);
  await expect(missingDebianPackages(['zstd'])).rejects.toThrow(/no dpkg-query/);
});

test('root installs at once when the lists are good', async () => {
  be('root');
  await program('apt-get', 'exit 0');
  await installDebianPackages(['zstd']);
  expect(await notes()).toEqual(['apt-get install -y --no-install-recommends zstd noninteractive']);
});

test('the lists are fetched when it does not work without', async () => {
  be('root');
  await program('apt-get', '[ "$1" = update ] && touch "$NOTES.updated"; [ -e "$NOTES.updated" ]');
  await installDebianPackages(['zstd']);
  expect((await notes()).map((line) => line.split(' ')[1])).toEqual([
    'install',
    'update',
    'install',
  ]);
});

test('what apt says is shown when it refuses', async () => {
  be('root');
  await program('apt-get', 'echo "E: Unable to locate package zstd" >&2; exit 100');
  await expect(installDebianPackages(['zstd'])).rejects.toThrow(/Unable to locate package/);
});

test('a user installs by sudo when it asks for no password', async () => {
  be('nobody');
  await program('sudo', 'shift; exec "$@"');
  await program('apt-get', 'exit 0');
  await installDebianPackages(['zstd']);
  expect((await notes()).at(-1)).toContain('apt-get install');
});

test('a user who may not gets the one command to run, and nothing is installed', async () => {
  be('nobody');
  await program('sudo', 'exit 1');
  await program('apt-get', 'exit 0');
  await expect(installDebianPackages(['zstd', 'mdadm'])).rejects.toThrow(
    'sudo apt-get update && sudo apt-get install -y --no-install-recommends zstd mdadm',
  );
  expect((await notes()).filter((line) => line.startsWith('apt-get'))).toEqual([]);
});
