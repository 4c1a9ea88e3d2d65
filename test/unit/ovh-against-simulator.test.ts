import { randomBytes } from 'node:crypto';

import { describe, expect, it } from 'vitest';

import { startTestField } from '../../lab/ovh/test-field.ts';
import type { TestField } from '../../lab/ovh/test-field.ts';
import {
  ProviderAccessRefused,
  ProviderNotFound,
  ProviderOutcomeUnknown,
  ProviderUnavailable,
} from '../../src/providers/provider-error.ts';
import type { Provider } from '../../src/providers/provider.ts';
import { openProvider } from '../../src/providers/registry.ts';
import { deriveKeyPair } from '../../src/secrets/derive-key.ts';
import { Secret } from '../../src/secrets/secret.ts';

/** The contract tier: the adapter against the lab's OVH API, without machines. */
const master = new Secret(randomBytes(32).toString('base64'));
const { publicKey } = deriveKeyPair({ master, server: 'ovh/ns1', purpose: 'rescue' });

function open(at: TestField, changes: { service?: string; consumerKey?: string } = {}): Provider {
  return openProvider(
    { kind: 'ovh', service: changes.service ?? at.service, account: 'lab' },
    {
      name: 'lab',
      kind: 'ovh',
      endpoint: at.url,
      applicationKey: new Secret(at.keys.applicationKey),
      applicationSecret: new Secret(at.keys.applicationSecret),
      consumerKey: new Secret(changes.consumerKey ?? at.keys.consumerKey),
      mailHistory: false,
      mailbox: null,
    },
  );
}

/** Calls that changed something, as the simulator saw them. */
function changes(at: TestField): { method: string; body: unknown }[] {
  return at.journal
    .read()
    .filter(({ method }) => method !== 'GET')
    .map(({ method, body }) => ({ method, body }));
}

describe('the OVH adapter against the simulator', () => {
  it('describes a delivered server', async () => {
    await using at = await startTestField();
    expect(await open(at).describe()).toMatchObject({
      service: at.service,
      address: at.field.servers[0]?.config.address,
      blockers: [],
      pendingTasks: [],
      bootTarget: 'disk',
      monitoring: true,
      hardware: { bootMode: 'bios', disks: [{ count: 1, sizeBytes: 2e12, kind: 'SATA' }] },
      rescueImages: ['rescue12-customer'],
    });
    expect(changes(at)).toEqual([]);
  });

  it('goes into rescue and out again, and leaves the settings as they were', async () => {
    await using at = await startTestField();
    const provider = open(at);
    const machine = at.field.servers[0];
    const delivered = structuredClone(machine?.settings);
    const snapshot = await provider.readSettings();
    await provider.quiesce();
    const armed = await provider.armRescue({ publicKey });
    expect(armed).toMatchObject({ image: 'rescue12-customer', login: 'root', keyTaken: true });
    expect(machine?.settings).toMatchObject({
      monitoring: false,
      noIntervention: true,
      rescueSshKey: publicKey,
    });

    const watermark = await provider.latestTaskId();
    const sent = await provider.hardReset(Infinity);
    expect(sent).toMatchObject({ kind: 'hardReboot', state: 'pending', providerState: 'init' });
    expect(sent.taskId).toBeGreaterThan(watermark);
    expect((await provider.describe()).pendingTasks).toMatchObject([{ taskId: sent.taskId }]);
    await at.pass(10_000);
    expect(await provider.task(sent.taskId)).toMatchObject({ state: 'done' });
    expect(machine?.runs()).toBe('rescue');
    expect(await provider.describe()).toMatchObject({ bootTarget: 'rescue', pendingTasks: [] });

    await provider.armDisk();
    await provider.restoreSettings(snapshot);
    await provider.restoreMonitoring(snapshot);
    expect(machine?.settings).toEqual(delivered);
  });

  it('does not repeat what is already so', async () => {
    await using at = await startTestField();
    const provider = open(at);
    const snapshot = await provider.readSettings();
    await provider.quiesce();
    await provider.armRescue({ publicKey });
    const once = changes(at);
    await provider.quiesce();
    await provider.armRescue({ publicKey });
    expect(changes(at)).toEqual(once);
    expect(once).toEqual([
      { method: 'PUT', body: { monitoring: false, noIntervention: true } },
      { method: 'PUT', body: { rescueSshKey: publicKey } },
      { method: 'PUT', body: { bootId: expect.any(Number) } },
    ]);
    await provider.restoreSettings(snapshot);
    await provider.restoreMonitoring(snapshot);
    const restored = changes(at);
    await provider.restoreSettings(snapshot);
    await provider.restoreMonitoring(snapshot);
    expect(changes(at)).toEqual(restored);
  });

  it('sends one reset when the answer is lost, and finds it', async () => {
    await using at = await startTestField();
    const provider = open(at);
    const watermark = await provider.latestTaskId();
    at.arm({ kind: 'answer-lost', method: 'POST' });
    await expect(provider.hardReset(Infinity)).rejects.toThrow(ProviderOutcomeUnknown);
    const found = await provider.findReset(watermark);
    expect(found).toMatchObject({ kind: 'hardReboot', state: 'pending' });
    expect(changes(at)).toHaveLength(1);
    // A second one while the first is under way is refused, and is not in doubt.
    await expect(provider.hardReset(Infinity)).rejects.toThrow(ProviderUnavailable);
  });

  it.each(['json', 'html', 'empty'] as const)(
    'a failing API (%s) is worth a retry',
    async (body) => {
      await using at = await startTestField();
      const provider = open(at);
      await provider.readSettings(); // the clock is known now
      at.arm({ kind: 'call-fails', status: 503, body, times: null });
      await expect(provider.describe()).rejects.toThrow(ProviderUnavailable);
      await expect(provider.hardReset(Infinity)).rejects.toThrow(ProviderOutcomeUnknown);
      await expect(provider.quiesce()).rejects.toThrow(ProviderUnavailable);
    },
  );

  it('a PUT whose answer is lost is repeated without harm', async () => {
    await using at = await startTestField();
    const provider = open(at);
    at.arm({ kind: 'answer-lost', method: 'PUT' });
    await expect(provider.quiesce()).rejects.toThrow(ProviderUnavailable);
    await provider.quiesce();
    expect(changes(at)).toHaveLength(1);
  });

  it('a young task that is not found yet is pending', async () => {
    await using at = await startTestField();
    const provider = open(at);
    const { taskId } = await provider.hardReset(Infinity);
    at.arm({ kind: 'task-not-found', times: null });
    expect((await provider.task(taskId)).state).toBe('pending');
    expect((await provider.task(999_999)).state).toBe('unknown');
  });

  it('notices that the clock was set, and goes on', async () => {
    await using at = await startTestField();
    const provider = open(at);
    await provider.readSettings();
    await at.pass(200_000);
    await provider.readSettings();
    const refused = at.journal.read().filter(({ errorCode }) => errorCode === 'INVALID_KEY');
    expect(refused).toHaveLength(1);
  });

  it('says which key is refused, and that a server is unknown', async () => {
    await using at = await startTestField();
    const revoked = open(at, { consumerKey: 'another-consumer-key' });
    const failure: unknown = await revoked.describe().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ProviderAccessRefused);
    expect((failure as Error).message).toContain('INVALID_CREDENTIAL');
    expect((failure as Error).message).not.toContain('another-consumer-key');
    const unknown = open(at, { service: 'ns9.ip-192-0-2-9.eu' });
    await expect(unknown.describe()).rejects.toThrow(ProviderNotFound);
    await expect(unknown.describe()).rejects.toThrow(`it has: ${at.service}`);
  });

  it('without a key that the API takes, rescue boots with a password', async () => {
    await using at = await startTestField();
    const armed = await open(at).armRescue({ publicKey: 'my-key-by-name' });
    expect(armed.keyTaken).toBe(false);
    expect(at.field.servers[0]?.settings).toMatchObject({ bootId: 230242, rescueSshKey: null });
  });
});
