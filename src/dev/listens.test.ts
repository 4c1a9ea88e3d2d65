import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';

import { expect, test } from 'vitest';

import { listens } from './listens.ts';

test('somebody listens, by IPv4 and by name; and nobody does', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  expect(await listens(`127.0.0.1:${port}`, 5_000)).toBe(true);
  expect(await listens(`localhost:${port}`, 5_000)).toBe(true);
  server.close();
  await once(server, 'close');
  expect(await listens(`127.0.0.1:${port}`, 5_000)).toBe(false);
});
