import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { request } from 'node:http';
import type { IncomingMessage, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { createCodecServer } from './codec-server.ts';
import { EncryptingCodec } from './payload-codec.ts';
import { payloadKey } from './payload-key.ts';

const uiOrigin = 'http://127.0.0.1:8233';
const plain = {
  metadata: { encoding: Buffer.from('json/plain').toString('base64') },
  data: Buffer.from('"canary"').toString('base64'),
};
let server: Server;

beforeEach(async () => {
  const codec = new EncryptingCodec([payloadKey(randomBytes(32))]);
  server = createCodecServer({ codec, uiOrigins: [uiOrigin] }).listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(() => {
  server.close();
});

type Asked = { method?: string; headers?: Record<string, string>; body?: string };

/** node:http instead of fetch, which does not let a test choose Host and Origin. */
async function ask(path: string, { method = 'POST', headers, body = '' }: Asked = {}) {
  const { port } = server.address() as AddressInfo;
  const sent = request({ host: '127.0.0.1', port, path, method, headers }).end(body);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  const answered = await text(response);
  return {
    status: response.statusCode,
    allowed: response.headers['access-control-allow-origin'],
    credentials: response.headers['access-control-allow-credentials'],
    cookie: response.headers['set-cookie']?.[0],
    location: response.headers.location,
    text: answered,
    json: answered.startsWith('{') ? (JSON.parse(answered) as Record<string, unknown>) : undefined,
  };
}

test('decodes what it encoded', async () => {
  const encoded = await ask('/encode', { body: JSON.stringify({ payloads: [plain] }) });
  expect(JSON.stringify(encoded.json)).not.toContain(plain.data);
  const decoded = await ask('/decode', {
    headers: { origin: uiOrigin, 'x-namespace': 'default' },
    body: JSON.stringify(encoded.json),
  });
  expect(decoded).toMatchObject({
    status: 200,
    allowed: uiOrigin,
    credentials: undefined,
    json: { payloads: [plain] },
  });
});

test.each(['', '{}', 'null', '{"payloads":null}'])(
  'accepts a body without payloads: %j',
  async (body) => {
    expect(await ask('/decode', { body })).toMatchObject({ status: 200, json: { payloads: [] } });
  },
);

test('answers the preflight request of the UI', async () => {
  const answer = await ask('/decode', { method: 'OPTIONS', headers: { origin: uiOrigin } });
  expect(answer).toMatchObject({ status: 204, allowed: uiOrigin });
});

test('refuses pages of other origins and names that only a foreign DNS gives us', async () => {
  const body = JSON.stringify({ payloads: [plain] });
  const page = await ask('/decode', { body, headers: { origin: 'http://evil.example' } });
  expect(page).toMatchObject({ status: 403, allowed: undefined });
  const rebound = await ask('/decode', { body, headers: { host: 'evil.example:8234' } });
  expect(rebound.status).toBe(403);
});

test('says what is wrong with a request, and goes on', async () => {
  const broken = await ask('/decode', { body: '{' });
  expect(broken.status).toBe(400);
  expect(broken.json?.['message']).toEqual(expect.any(String));
  expect(await ask('/health', { method: 'GET' })).toMatchObject({ status: 200 });
});
