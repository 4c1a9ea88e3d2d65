import { createHash } from 'node:crypto';

import { describe, expect, it, vi } from 'vitest';
import { z } from 'zod';

import { startScriptedHttp } from '../../../test/scripted-http.ts';
import type { Call, Reply } from '../../../test/scripted-http.ts';
import type { Account } from '../../secrets/credentials.ts';
import { Secret } from '../../secrets/secret.ts';
import {
  ProviderAccessRefused,
  ProviderNotFound,
  ProviderOutcomeUnknown,
  ProviderRequestInvalid,
  ProviderServiceBlocked,
  ProviderUnavailable,
} from '../provider-error.ts';
import type { ProviderError } from '../provider-error.ts';
import { OvhClient } from './client.ts';
import { ovhSignature } from './signature.ts';

const keys = { key: 'example-key', secret: 'example-secret', consumer: 'example-consumer' };

function accountAt(endpoint: string): Account {
  return {
    name: 'test',
    kind: 'ovh',
    endpoint,
    applicationKey: new Secret(keys.key),
    applicationSecret: new Secret(keys.secret),
    consumerKey: new Secret(keys.consumer),
    mailHistory: false,
    mailbox: null,
  };
}

const clockAhead = (seconds: number): Reply => ({
  json: Math.floor(Date.now() / 1000) + seconds,
});

/** A server whose clock is right and that gives `reply` to everything else. */
function answering(reply: Reply | ((call: Call) => Reply)) {
  return startScriptedHttp((call) => {
    if (call.path === '/1.0/auth/time') return clockAhead(0);
    return typeof reply === 'function' ? reply(call) : reply;
  });
}

async function failureOf(promise: Promise<unknown>): Promise<Error> {
  const failure: unknown = await promise.then(
    () => new Error('it succeeded'),
    (error: unknown) => error,
  );
  return failure as Error;
}

describe('ovhSignature', () => {
  // Expected values by coreutils: printf '%s' "$AS+$CK+$METHOD+$URL+$BODY+$TIME" | sha1sum, with
  // made-up keys. The 8 vectors of go-ovh's ovh_test.go gave equal results, but its (revoked)
  // keys look like secrets to a scanner, so they are not repeated here.
  it.each([
    ['GET', '', '315ea6a013b461c99be51b2dceb48a3a862baf09'],
    ['POST', '{"a":"b","c":"d"}', '2c6b33e34ab63e67caceb153b551ff2d53c2d2cf'],
    ['PUT', '{"a":"b","c":"d"}', '498839ddd8b16a4b89d6aca981221b3b74b303d5'],
    ['DELETE', '', '2c3b931d988e4f6f6893c6231e74f1ea71383ff3'],
  ])('signs %s as OVH does', (method, body, expected) => {
    const signature = ovhSignature({
      applicationSecret: keys.secret,
      consumerKey: keys.consumer,
      method,
      url: 'https://eu.api.ovh.com/1.0/auth',
      body,
      timestampSeconds: 1457018875,
    });
    expect(signature).toBe(`$1$${expected}`);
  });
});

describe('OvhClient', () => {
  it('signs the URL with its query, the exact body and the time of OVH’s clock', async () => {
    await using api = await startScriptedHttp((call) =>
      call.path === '/1.0/auth/time' ? clockAhead(5000) : { json: null },
    );
    const client = new OvhClient(accountAt(`${api.url}/1.0`));
    await client.put('/thing?a=b', { monitoring: false });
    const [clock, put] = api.calls;
    expect(clock?.headers['x-ovh-signature']).toBeUndefined();
    const time = Number(put?.headers['x-ovh-timestamp']);
    expect(Math.abs(time - Date.now() / 1000 - 5000)).toBeLessThan(10);
    expect(put?.body).toBe('{"monitoring":false}');
    const signed = `${keys.secret}+${keys.consumer}+PUT+${api.url}/1.0/thing?a=b+${put?.body}+${time}`;
    const digest = createHash('sha1').update(signed).digest('hex');
    expect(put?.headers['x-ovh-signature']).toBe(`$1$${digest}`);
    expect(put?.headers['x-ovh-application']).toBe(keys.key);
  });

  it.each([
    [403, 'INVALID_KEY'],
    [400, 'INVALID_SIGNATURE'],
  ])('reads the clock again once after %i %s and then succeeds', async (status, errorCode) => {
    let skew = -3600;
    await using api = await startScriptedHttp((call) => {
      if (call.path === '/1.0/auth/time') {
        const reply = clockAhead(skew);
        skew = 0;
        return reply;
      }
      const late = Math.abs(Number(call.headers['x-ovh-timestamp']) - Date.now() / 1000) > 180;
      return late ? { status, json: { errorCode, message: 'no' } } : { json: [7] };
    });
    const client = new OvhClient(accountAt(`${api.url}/1.0`));
    expect(await client.post('/thing', z.array(z.number()), { sendByMs: Infinity })).toEqual([7]);
    expect(api.calls.map((call) => call.path)).toEqual([
      '/1.0/auth/time',
      '/1.0/thing',
      '/1.0/auth/time',
      '/1.0/thing',
    ]);
  });

  it('gives up after one more try with a fresh clock, and says what to check', async () => {
    await using api = await answering({
      status: 403,
      json: { errorCode: 'INVALID_KEY', message: 'This application key is invalid' },
    });
    const client = new OvhClient(accountAt(`${api.url}/1.0`));
    const failure = await failureOf(client.get('/thing', z.unknown()));
    expect(failure).toBeInstanceOf(ProviderAccessRefused);
    expect(failure.message).toContain('This application key is invalid');
    expect(failure.message).toContain('credentials.yaml');
    expect((failure as ProviderError).requestId).toBe('TEST.query-1');
    expect(api.calls.filter((call) => call.path === '/1.0/thing')).toHaveLength(2);
  });

  it.each<[string, Reply, new (message: string) => ProviderError]>([
    ['403', { status: 403, json: { errorCode: 'NOT_GRANTED_CALL' } }, ProviderAccessRefused],
    ['401', { status: 401, json: { message: 'who?' } }, ProviderAccessRefused],
    ['404', { status: 404, json: { message: 'no such object' } }, ProviderNotFound],
    ['400', { status: 400, json: { message: 'SSH key is not valid' } }, ProviderRequestInvalid],
    ['409', { status: 409, json: { message: 'locked' } }, ProviderUnavailable],
    [
      'a task that runs already',
      { status: 400, json: { class: 'Client::BadRequest::TaskAlreadyExists', message: 'Task 7' } },
      ProviderUnavailable,
    ],
    ['460', { status: 460, json: { message: 'expired' } }, ProviderServiceBlocked],
    ['a redirect', { status: 302, text: '', headers: { Location: '/' } }, ProviderRequestInvalid],
  ])('%s is no doubt, for POST too', async (_, reply, errorClass) => {
    await using api = await answering(reply);
    const client = new OvhClient(accountAt(`${api.url}/1.0`));
    const get = () => client.get('/thing', z.unknown());
    const post = () => client.post('/thing', z.unknown(), { sendByMs: Infinity });
    for (const call of [get, post]) {
      const failure = await failureOf(call());
      expect(failure.constructor).toBe(errorClass);
      expect(failure.name).toBe(errorClass.name);
      expect(failure.message).toContain('/thing');
    }
  });

  it.each<[string, Reply]>([
    ['429', { status: 429, json: { message: 'slow down' } }],
    ['500', { status: 500, json: { message: 'oops' } }],
    ['503 with an HTML page', { status: 503, text: '<html>maintenance</html>' }],
    ['502 with nothing', { status: 502, text: '' }],
    ['200 with an HTML page', { status: 200, text: '<html>captive portal</html>' }],
    ['200 with nothing', { status: 200, text: '' }],
    ['JSON of another shape', { json: { what: 'ever' } }],
    ['a broken connection', 'reset'],
    ['silence', 'silence'],
  ])('%s: GET may be repeated, the outcome of POST is unknown', async (_, reply) => {
    await using api = await answering(reply);
    const timeoutMs = reply === 'silence' ? 1_000 : undefined;
    const client = new OvhClient(accountAt(`${api.url}/1.0`), timeoutMs);
    const get = await failureOf(client.get('/thing', z.array(z.number())));
    expect(get.constructor).toBe(ProviderUnavailable);
    const post = await failureOf(
      client.post('/thing', z.array(z.number()), { sendByMs: Infinity }),
    );
    expect(post.constructor).toBe(ProviderOutcomeUnknown);
    expect(post.message).not.toContain('<html>');
    expect(api.calls.filter((call) => call.method === 'POST')).toHaveLength(1);
  });

  it('a POST that never left is not in doubt', async () => {
    const refused = 'ECONNREFUSED';
    const api = await answering({ json: 1 });
    const client = new OvhClient(accountAt(`${api.url}/1.0`));
    await client.get('/thing', z.unknown()); // the clock is known now
    await api[Symbol.asyncDispose]();
    // A connection kept alive breaks after sending; only a new one is refused.
    await vi.waitFor(() => expect(fetch(api.url)).rejects.toHaveProperty('cause.code', refused));
    const failure = await failureOf(client.post('/thing', z.unknown(), { sendByMs: Infinity }));
    expect(failure.message).toContain(refused);
    expect(failure.constructor).toBe(ProviderUnavailable);
  });

  it('sends nothing any more when it is too late, whatever held it up', async () => {
    await using api = await answering({ json: 7 });
    const client = new OvhClient(accountAt(`${api.url}/1.0`));
    const sendByMs = Date.now() - 1;
    const failure = await failureOf(client.post('/thing', z.unknown(), { sendByMs }));
    expect(failure.constructor).toBe(ProviderUnavailable);
    expect(failure.message).toMatch(/was not sent: this worker was stopped/);
    expect(api.calls.map((call) => call.path)).not.toContain('/1.0/thing');
  });

  it('a cancelled call throws the reason of its signal', async () => {
    await using api = await answering('silence');
    const client = new OvhClient(accountAt(`${api.url}/1.0`));
    const cancel = new AbortController();
    const reason = new Error('the run was cancelled');
    const call = failureOf(
      client.post('/thing', z.unknown(), { sendByMs: Infinity, signal: cancel.signal }),
    );
    cancel.abort(reason);
    expect(await call).toBe(reason);
  });

  it('no message shows a key, even when the answer quotes one', async () => {
    await using api = await answering({
      status: 400,
      json: { message: `bad: ${keys.key} ${keys.secret} ${keys.consumer}` },
    });
    const client = new OvhClient(accountAt(`${api.url}/1.0`));
    const failure = await failureOf(client.post('/thing', z.unknown(), { sendByMs: Infinity }));
    expect(failure.message).toContain('bad: [secret] [secret] [secret]');
    expect(String(failure.stack)).not.toMatch(/example-(key|secret|consumer)/);
  });

  it('names the rights that OVH’s IAM says are missing', async () => {
    const details = { unauthorizedActionsByIAM: ['dedicatedServer:apiovh:reboot'] };
    await using api = await answering({ status: 403, json: { message: 'no', details } });
    const failure = await failureOf(
      new OvhClient(accountAt(`${api.url}/1.0`)).post('/thing', z.unknown(), {
        sendByMs: Infinity,
      }),
    );
    expect(failure.message).toContain('dedicatedServer:apiovh:reboot');
  });
});
