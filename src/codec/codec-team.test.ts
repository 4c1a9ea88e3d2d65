import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import type { IncomingMessage, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { openCodecAccess } from './codec-access.ts';
import { createCodecServer } from './codec-server.ts';
import { EncryptingCodec } from './payload-codec.ts';
import { payloadKey } from './payload-key.ts';

const uiOrigin = 'https://ui.team.example';
const publicUrl = new URL('https://codec.team.example');
const token = randomBytes(32).toString('base64url');
const plain = { metadata: { encoding: 'anNvbi9wbGFpbg==' }, data: 'ImNhbmFyeSI=' };
const body = JSON.stringify({ payloads: [plain] });

let folder: string;
let tokens: string;
let server: Server;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'codec-team-'));
  tokens = join(folder, 'codec.tokens');
  writeFileSync(tokens, `alice ${token}\n`, { mode: 0o600 });
  server = createCodecServer({
    codec: new EncryptingCodec([payloadKey(randomBytes(32))]),
    uiOrigins: [uiOrigin],
    team: { access: openCodecAccess(tokens), publicUrl },
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

type Asked = { headers?: Record<string, string>; body?: string };

/** As a browser asks through the proxy of a team: under the public name. */
async function ask(line: `${'GET' | 'POST' | 'OPTIONS'} ${string}`, asked: Asked = {}) {
  const [method, path] = line.split(' ');
  const { port } = server.address() as AddressInfo;
  const headers = { host: publicUrl.host, ...asked.headers };
  const sent = request({ host: '127.0.0.1', port, path, method, headers }).end(asked.body ?? '');
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  return { status: response.statusCode, headers: response.headers, text: await text(response) };
}

async function logIn(): Promise<string> {
  const answer = await ask('POST /login', { body: `token=${token}` });
  return answer.headers['set-cookie']?.[0]?.split(';')[0] ?? '';
}

describe('nobody', () => {
  test.each(['POST /decode', 'POST /encode', 'POST /else'] as const)(
    'gets nothing from %s but where to log in',
    async (line) => {
      const answer = await ask(line, { body, headers: { origin: uiOrigin } });
      expect(answer.status).toBe(401);
      expect(answer.text).toContain('https://codec.team.example/');
      expect(answer.text).not.toContain(plain.data);
    },
  );

  test.each([
    ['authorization', 'Bearer nonsense'],
    ['cookie', 'ironstep_codec=alice.9e15.x'],
  ])('is who sends the %s %s', async (name, value) => {
    const answer = await ask('POST /decode', { body, headers: { [name]: value } });
    expect(answer.status).toBe(401);
  });

  test('learns only that the server lives', async () => {
    const host = '127.0.0.1:8234';
    expect(await ask('GET /health', { headers: { host } })).toMatchObject({ status: 200 });
  });
});

test('a bearer token is answered, as the Temporal CLI sends it', async () => {
  const headers = { authorization: `Bearer ${token}` };
  const encoded = await ask('POST /encode', { body, headers });
  const decoded = await ask('POST /decode', { body: encoded.text, headers });
  expect(JSON.parse(decoded.text)).toEqual({ payloads: [plain] });
});

describe('a browser', () => {
  test('is shown where to log in, by a page without scripts or frames', async () => {
    const { headers, text: page } = await ask('GET /');
    expect(page).toContain('action="/login"');
    expect(headers['content-security-policy']).toContain("default-src 'none'");
    expect(headers['content-security-policy']).toContain("frame-ancestors 'none'");
  });

  test('that logs in gets a session that no script and no other site can use', async () => {
    const answer = await ask('POST /login', {
      body: `token=${token}`,
      headers: { origin: publicUrl.origin },
    });
    expect(answer).toMatchObject({ status: 303, headers: { location: '/' } });
    const cookie = answer.headers['set-cookie']?.[0] ?? '';
    for (const part of ['HttpOnly', 'SameSite=Strict', 'Secure', 'Path=/']) {
      expect(cookie).toContain(part);
    }
    expect(cookie).not.toContain(token);
    expect((await ask('GET /', { headers: { cookie } })).text).toContain('logged in as alice');
  });

  test('that types a wrong token is told so', async () => {
    const answer = await ask('POST /login', { body: 'token=wrong' });
    expect(answer.status).toBe(401);
    expect(answer.headers['set-cookie']).toBeUndefined();
    expect(answer.text).toContain('action="/login"');
  });

  test('is answered with its session on the pages of the Temporal UI, until it logs out', async () => {
    const cookie = `theme=dark; ${await logIn()}`;
    const fromUi = { body, headers: { cookie, origin: uiOrigin, 'x-namespace': 'ironstep' } };
    const decoded = await ask('POST /decode?preserveStorageRefs=true', fromUi);
    expect(JSON.parse(decoded.text)).toEqual({ payloads: [plain] });
    expect(decoded.headers).toMatchObject({
      'access-control-allow-origin': uiOrigin,
      'access-control-allow-credentials': 'true',
    });
    const preflight = await ask('OPTIONS /decode', { headers: { origin: uiOrigin } });
    expect(preflight).toMatchObject({
      status: 204,
      headers: { 'access-control-allow-credentials': 'true' },
    });
    const out = await ask('POST /logout', { headers: { cookie } });
    expect(out.headers['set-cookie']?.[0]).toContain('Max-Age=0');
  });

  test('on a page of another site is refused, session or not', async () => {
    const headers = { cookie: await logIn(), origin: 'https://evil.example' };
    const answer = await ask('POST /decode', { body, headers });
    expect(answer.status).toBe(403);
    expect(answer.headers['access-control-allow-origin']).toBeUndefined();
    const login = { body: `token=${token}`, headers: { origin: 'https://evil.example' } };
    expect((await ask('POST /login', login)).status).toBe(403);
  });
});

test('a name that only a foreign DNS server gives us is refused', async () => {
  const headers = { host: 'evil.example', authorization: `Bearer ${token}` };
  expect((await ask('POST /decode', { body, headers })).status).toBe(403);
});
