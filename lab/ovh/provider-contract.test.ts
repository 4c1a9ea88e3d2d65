import { generateKeyPairSync } from 'node:crypto';

import { describe, expect, it } from 'vitest';

import {
  ProviderAccessRefused,
  ProviderOutcomeUnknown,
} from '../../src/providers/provider-error.ts';
import type { Provider } from '../../src/providers/provider.ts';
import { openProvider } from '../../src/providers/registry.ts';
import { keyPairFromSeed } from '../../src/secrets/openssh-key.ts';
import { Secret } from '../../src/secrets/secret.ts';
import { startTestField } from './test-field.ts';
import type { TestField } from './test-field.ts';

const { privateKey } = generateKeyPairSync('ed25519');
const seed = privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(-32);
const { publicKey } = keyPairFromSeed(seed, 'ironstep@test');

/** ironstep's own adapter, as a worker would open it on this field. */
function adapter({ url, keys, service }: TestField): Provider {
  return openProvider(
    { kind: 'ovh', service, account: 'lab' },
    {
      ...{ name: 'lab', kind: 'ovh', endpoint: url },
      applicationKey: new Secret(keys.applicationKey),
      applicationSecret: new Secret(keys.applicationSecret),
      consumerKey: new Secret(keys.consumerKey),
      mailHistory: true,
      mailbox: null,
    },
  );
}

describe('the OVH adapter and the simulator', () => {
  it('go through a rescue boot and back, and everything is as it was', async () => {
    await using at = await startTestField();
    const provider = adapter(at);
    const server = at.field.servers[0];
    const before = server?.settings;
    expect(await provider.describe()).toMatchObject({
      ...{ address: '127.0.78.1', bootTarget: 'disk', blockers: [], pendingTasks: [] },
      hardware: { bootMode: 'bios', disks: [{ count: 1, sizeBytes: 2e12 }] },
    });
    const snapshot = await provider.readSettings();
    await provider.quiesce();
    expect(await provider.armRescue({ publicKey })).toMatchObject({ image: 'rescue12-customer' });
    const { taskId } = await provider.hardReset(Infinity);
    await at.pass(6_000);
    expect(await provider.task(taskId)).toMatchObject({ state: 'done' });
    expect(server?.boots.at(-1)?.target).toBe('rescue');
    await provider.armDisk();
    await provider.hardReset(Infinity);
    await at.pass(6_000);
    expect(server?.boots.at(-1)?.target).toBe('disk');
    await provider.restoreSettings(snapshot);
    await provider.restoreMonitoring(snapshot);
    expect(server?.settings).toEqual(before);
  });

  it('find a reboot whose answer was lost, and a task that is not visible yet', async () => {
    await using at = await startTestField();
    const provider = adapter(at);
    const after = await provider.latestTaskId();
    at.arm({ kind: 'answer-lost', method: 'POST' });
    await expect(provider.hardReset(Infinity)).rejects.toThrow(ProviderOutcomeUnknown);
    const found = await provider.findReset(after);
    expect(found).toMatchObject({ kind: 'hardReboot', state: 'pending' });
    at.arm({ kind: 'task-not-found' });
    expect(await provider.task(found?.taskId ?? 0)).toMatchObject({ state: 'pending' });
    expect(at.field.servers[0]?.tasks).toHaveLength(1);
  });

  it('agree on what a revoked key is', async () => {
    await using at = await startTestField();
    at.arm({ kind: 'key-refused', errorCode: 'INVALID_CREDENTIAL', times: null });
    await expect(adapter(at).describe()).rejects.toThrow(ProviderAccessRefused);
  });
});
