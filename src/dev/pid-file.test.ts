import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { isAlive, readLivePid, writePidFile } from './pid-file.ts';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pid-file-'));
  path = join(folder, 'worker.pid');
});
afterEach(() => rm(folder, { recursive: true }));

test('names a process as long as it lives', async () => {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
  await once(child, 'spawn');
  const pid = child.pid ?? 0;
  await writePidFile(path, pid);
  expect(await readLivePid(path)).toBe(pid);
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(await readLivePid(path)).toBeNull();
});

test('a number that a later process has got does not count', async () => {
  await writePidFile(path, process.pid);
  const beforeUs = new Date(Date.now() - 86_400_000);
  await utimes(path, beforeUs, beforeUs);
  expect(await readLivePid(path)).toBeNull();
});

test('a process that ended and was not waited for is over', async () => {
  // The shell becomes the inner program, which never asks for the exit code of its child.
  const parent = spawn('sh', ['-c', 'sleep 0 & echo $!; exec sleep 60']);
  const [line] = (await once(parent.stdout, 'data')) as [Buffer];
  const pid = Number(line.toString());
  await expect.poll(() => isAlive(pid)).toBe(false);
  expect(process.kill(pid, 0)).toBe(true);
  parent.kill('SIGKILL');
});

test.each(['', 'x', '0', '-1', '1'])('a file with %j names nobody', async (text) => {
  await writeFile(path, text);
  expect(await readLivePid(path)).toBeNull();
});

test('no file, nobody', async () => {
  expect(await readLivePid(path)).toBeNull();
});
