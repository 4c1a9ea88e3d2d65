import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { loadPayloadKeys } from './payload-key.ts';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'payload-key-'));
  path = join(folder, 'ironstep', 'payload.key');
});
afterEach(() => rm(folder, { recursive: true }));

test('processes that start together agree on one key, which only the owner may read', async () => {
  const all = await Promise.all(Array.from({ length: 20 }, () => loadPayloadKeys(path)));
  expect(new Set(all.map(([key]) => key.bytes.toString('hex'))).size).toBe(1);
  expect(all[0]?.[0].bytes).toHaveLength(32);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
});

test('a new first line rotates, the older key stays known', async () => {
  const [old] = await loadPayloadKeys(path);
  await writeFile(
    path,
    `${Buffer.alloc(32, 7).toString('base64')}\n${await readFile(path, 'utf8')}`,
  );
  const [current, ...older] = await loadPayloadKeys(path);
  expect(current.bytes).toEqual(Buffer.alloc(32, 7));
  expect(older).toEqual([old]);
});

test('a key that others may read is refused', async () => {
  await loadPayloadKeys(path);
  await chmod(path, 0o640);
  await expect(loadPayloadKeys(path)).rejects.toMatchObject({ name: 'FileTooOpen' });
});

test.each(['', 'short\n', `${'!'.repeat(43)}=\n`])(
  'a damaged file is refused: %j',
  async (text) => {
    await loadPayloadKeys(path);
    await writeFile(path, text);
    await expect(loadPayloadKeys(path)).rejects.toMatchObject({ name: 'PayloadKeyDamaged' });
  },
);
