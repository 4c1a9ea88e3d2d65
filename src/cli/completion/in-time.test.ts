import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

import { expect, test } from 'vitest';

import { askCommand } from './scripts.ts';
import { inTime } from './in-time.ts';

const program = fileURLToPath(new URL('../../../bin/ironstep.mjs', import.meta.url));
const neverAnswers = () => new Promise<string[]>(() => undefined);

test('names that are told in time', async () => {
  expect(await inTime(async () => ['core1'], 0)).toEqual(['core1']);
});

test.each([1_299, 5_000])(
  'no name of a Temporal that is asked in vain, at %i ms',
  async (ageMs) => {
    expect(await inTime(neverAnswers, ageMs)).toEqual([]);
  },
);

test('nothing to read when Temporal cannot be asked', async () => {
  expect(await inTime(async () => Promise.reject(new Error('bad profile')), 0)).toEqual([]);
});

test('the program ends without a name where a Temporal listens and says nothing', async () => {
  const silent = createServer().listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const { port } = silent.address() as AddressInfo;
  const child = spawn(process.execPath, [program, askCommand, '--', 'status', ''], {
    env: { ...process.env, TEMPORAL_ADDRESS: `127.0.0.1:${port}` },
  });
  const [out, err, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit'),
  ]);
  expect({ code, out, err }).toEqual({ code: 0, out: ':none\n', err: '' });
  silent.close();
});
