import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import { ApiProxy } from './api-proxy.ts';
import type { ApiCall } from './points.ts';

let carriedOut: string[];
let proxy: ApiProxy;
const api = createServer((request, response) => {
  carriedOut.push(`${request.method} ${request.url} for ${request.headers.host}`);
  response.end('{"taskId":8}');
});

beforeEach(async () => {
  carriedOut = [];
  await new Promise<void>((resolve) => api.listen(0, '127.0.0.1', resolve));
  proxy = await ApiProxy.listen((api.address() as AddressInfo).port);
});
afterEach(async () => {
  await proxy.close();
  api.closeAllConnections();
  await new Promise((resolve) => api.close(resolve));
});

it('passes a call on as it was written, and tells of it twice', async () => {
  const heard: ApiCall[] = [];
  proxy.listener = async (call) => void heard.push(call);
  const url = `${proxy.endpoint}/dedicated/server/ns1`;
  const answer = await fetch(url, { method: 'PUT', body: '{"bootId":1}' });
  expect(await answer.json()).toEqual({ taskId: 8 });
  const call = { method: 'PUT', path: '/dedicated/server/ns1', body: { bootId: 1 } };
  expect(heard).toEqual([
    { when: 'asked', ...call },
    { when: 'answered', ...call },
  ]);
  expect(carriedOut).toEqual([`PUT /1.0/dedicated/server/ns1 for ${new URL(url).host}`]);
});

it('does not carry out what somebody asked who died before it was passed on', async () => {
  let goOn = () => {};
  const held = new Promise<void>((resolve) => (goOn = resolve));
  const asked = vi.fn(() => held);
  proxy.listener = asked;
  const dies = new AbortController();
  const call = fetch(`${proxy.endpoint}/reboot`, { method: 'POST', signal: dies.signal });
  await vi.waitUntil(() => asked.mock.calls.length > 0);
  dies.abort();
  await expect(call).rejects.toThrow();
  await sleep(50);
  goOn();
  await sleep(50);
  expect(carriedOut).toEqual([]);
});

it('breaks the connection when nobody serves the API', async () => {
  api.closeAllConnections();
  await new Promise((resolve) => api.close(resolve));
  await expect(fetch(`${proxy.endpoint}/auth/time`)).rejects.toThrow();
  await new Promise<void>((resolve) => api.listen(0, '127.0.0.1', resolve));
});
