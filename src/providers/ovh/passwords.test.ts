import { randomUUID } from 'node:crypto';

import { describe, expect, it } from 'vitest';

import { rent, service } from '../../../test/fake-ovh.ts';
import type { Rented } from '../../../test/fake-ovh.ts';
import type { Reply } from '../../../test/scripted-http.ts';
import type { PasswordAnswer, PasswordChannel } from '../rescue-password.ts';

const address = '127.0.77.1';
const sentAtMs = Date.now();
const boot = { address, sentAtMs, mailWatermark: 100 };
const json =
  (content: unknown, status = 200) =>
  (): Reply => ({ status, json: content });

async function look(
  { provider }: Rented,
  name: PasswordChannel['name'],
): Promise<PasswordAnswer | undefined> {
  return provider
    .passwordChannels(boot)
    .find((channel) => channel.name === name)
    ?.look();
}

/** What it answers, with its passwords to be read. */
async function found(rented: Rented, name: PasswordChannel['name']): Promise<string[]> {
  const answer = await look(rented, name);
  return answer?.kind === 'passwords' ? answer.passwords.map((each) => each.reveal()) : [];
}

/** OVH answers a secret of this id with this password, once or for ever. */
function keep(rented: Rented, id: string, password: string): void {
  rented.ovh.overrides['POST /secret/retrieve'] = ({ body }) =>
    (JSON.parse(body) as { id: string }).id === id
      ? { json: { secret: password, expiration: '2030-01-01T00:00:00Z' } }
      : { status: 404, json: { message: 'no such' } };
}

const access = (id: string) => [{ type: 'SSH', user: 'root', password: id, url: null }];

describe("OVH's authentication secret", () => {
  it('is exchanged for the password, without our keys', async () => {
    await using rented = await rent();
    const id = randomUUID();
    rented.ovh.overrides['POST …/authenticationSecret'] = json(access(id));
    keep(rented, id, 'pw-of-this-boot');
    expect(await found(rented, 'secret')).toEqual(['pw-of-this-boot']);
    const retrieved = rented.calls.find(({ path }) => path.endsWith('/secret/retrieve'));
    expect(Object.keys(retrieved?.headers ?? {}).filter((name) => /^x-ovh/.test(name))).toEqual([]);
  });

  it('that can be retrieved once is not asked for twice', async () => {
    await using rented = await rent();
    const id = randomUUID();
    rented.ovh.overrides['POST …/authenticationSecret'] = json(access(id));
    keep(rented, id, 'pw-retrieved-once');
    expect(await found(rented, 'secret')).toEqual(['pw-retrieved-once']);
    keep(rented, 'gone', '');
    expect(await found(rented, 'secret')).toEqual(['pw-retrieved-once']);
  });

  it.each<[string, Record<string, () => Reply>, PasswordAnswer['kind'], string]>([
    ['is not there', { 'POST …/authenticationSecret': json([]) }, 'not-yet', 'none for this'],
    [
      'has expired',
      { 'POST …/authenticationSecret': json(access(randomUUID())) },
      'none',
      'longer',
    ],
    [
      'leads elsewhere',
      {
        'POST …/authenticationSecret': json(access(randomUUID())),
        'POST /secret/retrieve': () => ({
          ...{ status: 302, text: '', headers: { Location: 'http://127.0.0.1:1/' } },
        }),
      },
      'none',
      'not followed',
    ],
    [
      'may not be read by this key',
      { 'POST …/authenticationSecret': json({ errorCode: 'NOT_GRANTED_CALL' }, 403) },
      'none',
      'does not cover this call',
    ],
    ['cannot be asked for', { 'POST …/authenticationSecret': json({}, 503) }, 'not-yet', '503'],
  ])('that %s is no reason to stop', async (_, overrides, kind, words) => {
    await using rented = await rent();
    Object.assign(rented.ovh.overrides, overrides);
    expect(await look(rented, 'secret')).toEqual({ kind, seen: expect.stringContaining(words) });
  });
});

describe("OVH's mails", () => {
  const mail = (id: string, change: { subject?: string; date?: string } = {}) => ({
    subject: `[ab12345-ovh] [${service}] Access settings for Linux rescue mode`,
    date: new Date(sentAtMs + 30_000).toISOString(),
    body: `- IP address: ${address}\n- password: https://www.ovh.com/manager/secret/#?id=${id}\n`,
    ...change,
  });
  const history = (rented: Rented, mails: Record<number, object>) => {
    const path = '/me/notification/email/history';
    rented.ovh.overrides[`GET ${path}`] = json(Object.keys(mails).map(Number));
    for (const [id, content] of Object.entries(mails)) {
      rented.ovh.overrides[`GET ${path}/${id}`] = json({ id: Number(id), ...content });
    }
  };

  it('are not read unless the account says so', async () => {
    await using rented = await rent();
    expect(await look(rented, 'provider-mail')).toBeUndefined();
    const { mailWatermark } = await rented.provider.armRescue({ publicKey: 'ssh-ed25519 AAAA' });
    expect(mailWatermark).toBeNull();
    expect(rented.calls.filter(({ path }) => path.includes('/me/'))).toEqual([]);
  });

  it('of before the reset are known by their id, and never opened', async () => {
    await using rented = await rent({ mailHistory: true });
    history(rented, { 41: mail(randomUUID()), 100: mail(randomUUID()) });
    const armed = await rented.provider.armRescue({ publicKey: 'ssh-ed25519 AAAA' });
    expect(armed.mailWatermark).toBe(100);
    expect(await look(rented, 'provider-mail')).toEqual({
      kind: 'not-yet',
      seen: 'no mail since the reset',
    });
    expect(rented.calls.filter(({ path }) => /history\/\d/.test(path))).toEqual([]);
  });

  it('give the one of this boot, in a crowd of others', async () => {
    await using rented = await rent({ mailHistory: true });
    const id = randomUUID();
    keep(rented, id, 'pw-in-a-crowd');
    history(rented, {
      101: mail(randomUUID(), { subject: `[${service.replace('ns1', 'ns10')}] Access settings` }),
      102: mail(randomUUID(), { date: new Date(sentAtMs - 600_000).toISOString() }),
      103: mail(id),
      104: mail(id),
    });
    expect(await found(rented, 'provider-mail')).toEqual(['pw-in-a-crowd']);
    const asked = rented.calls.filter(({ path }) => path.endsWith('/secret/retrieve'));
    expect(asked.map(({ body }) => JSON.parse(body) as unknown)).toEqual([{ id }]);
  });

  it('of others alone say what was passed over', async () => {
    await using rented = await rent({ mailHistory: true });
    history(rented, { 101: mail(randomUUID(), { subject: '[ns10] Access settings' }) });
    expect(await look(rented, 'provider-mail')).toEqual({
      kind: 'not-yet',
      seen: `no mail of this boot (seen: it is not about [${service}])`,
    });
  });

  it('are compared with the clock of OVH, not with ours', async () => {
    await using rented = await rent({ mailHistory: true });
    rented.ovh.overrides['GET /auth/time'] = () => ({
      json: Math.floor(Date.now() / 1000) - 3600,
    });
    const id = randomUUID();
    keep(rented, id, 'pw-an-hour-behind');
    const date = new Date(sentAtMs - 3_590_000).toISOString();
    history(rented, { 101: mail(id, { date }) });
    expect(await found(rented, 'provider-mail')).toEqual(['pw-an-hour-behind']);
  });
});

it('a rescue key that OVH does not take is left out, so that the boot has a password', async () => {
  await using rented = await rent();
  rented.ovh.server['rescueSshKey'] = 'ssh-ed25519 BBBB of somebody';
  const store = rented.ovh.onPut;
  rented.ovh.overrides['PUT …'] = ({ body }) => {
    const change = JSON.parse(body) as Record<string, unknown>;
    if (typeof change['rescueSshKey'] === 'string') {
      return { status: 400, json: { message: 'SSH key is not valid' } };
    }
    store(change);
    return { json: null };
  };
  const armed = await rented.provider.armRescue({ publicKey: 'ssh-ed25519 AAAA' });
  expect(armed.keyTaken).toBe(false);
  expect(rented.ovh.server).toMatchObject({ rescueSshKey: null, bootId: 230242 });
});
