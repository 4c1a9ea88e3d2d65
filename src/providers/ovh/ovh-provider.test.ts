import { generateKeyPairSync } from 'node:crypto';

import { describe, expect, it } from 'vitest';

import { rent, service } from '../../../test/fake-ovh.ts';
import { keyPairFromSeed } from '../../secrets/openssh-key.ts';
import {
  ProviderNotFound,
  ProviderRequestInvalid,
  ProviderUnavailable,
} from '../provider-error.ts';

const publicKey = newPublicKey();

function newPublicKey(): string {
  const { privateKey } = generateKeyPairSync('ed25519');
  const seed = privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(-32);
  return keyPairFromSeed(seed, 'ironstep-rescue@test').publicKey;
}

describe('describe', () => {
  it('tells what OVH knows of the server', async () => {
    await using rented = await rent();
    rented.ovh.tasks = [
      { taskId: 7, function: 'hardReboot', status: 'done' },
      { taskId: 8, function: 'hardware_update', status: 'todo', comment: null },
    ];
    rented.ovh.overrides['GET …/specifications/hardware'] = () => ({
      json: {
        description: 'KS-2a',
        processorName: 'Atom N2800',
        bootMode: 'uefi-legacy',
        memorySize: { unit: 'MB', value: 4096 },
        diskGroups: [
          {
            diskGroupId: 1,
            diskSize: { unit: 'GB', value: 2000 },
            diskType: 'SATA',
            numberOfDisks: 1,
          },
          { diskGroupId: 2, diskSize: null, diskType: null, numberOfDisks: null },
        ],
      },
    });
    expect(await rented.provider.describe()).toEqual({
      service,
      address: '127.0.77.1',
      datacenter: 'rbx8',
      blockers: [],
      pendingTasks: [
        {
          taskId: 8,
          kind: 'hardware_update',
          state: 'pending',
          providerState: 'todo',
          comment: null,
        },
      ],
      bootTarget: 'disk',
      monitoring: true,
      hardware: {
        description: 'KS-2a, Atom N2800',
        bootMode: 'either',
        memoryBytes: 4 * 2 ** 30,
        disks: [{ count: 1, sizeBytes: 2e12, kind: 'SATA' }],
      },
      rescueImages: ['rescue12-customer', 'rescue64-pro', 'rescue-of-tomorrow'],
    });
    expect(rented.puts()).toEqual([]);
  });

  it('names the servers of the account when there is none of that name', async () => {
    await using rented = await rent();
    rented.ovh.overrides['GET …'] = () => ({ status: 404, json: { message: 'no such' } });
    await expect(rented.provider.describe()).rejects.toThrow(`it has: ${service}`);
    rented.ovh.overrides['GET /dedicated/server'] = () => ({ status: 403, json: {} });
    await expect(rented.provider.describe()).rejects.toThrow(ProviderNotFound);
  });

  it('knows what forbids starting', async () => {
    await using rented = await rent();
    const soon = new Date(Date.now() + 3_600_000).toISOString();
    const nextYear = new Date(Date.now() + 365 * 86_400_000).toISOString();
    rented.ovh.service = { status: 'expired' };
    rented.ovh.server['state'] = 'hackedBlocked';
    rented.ovh.plannedInterventions = [
      { id: 1, status: 'done', wantedStartDate: soon },
      { id: 2, status: 'todo', wantedStartDate: nextYear },
      { id: 3, status: 'todo', wantedStartDate: soon },
      { id: 4, status: 'doing', wantedStartDate: null },
    ];
    rented.ovh.ongoing = [
      { server: service, description: 'disk swap', todoDate: '2020-01-01T00:00:00Z' },
      { server: service, description: 'later', todoDate: nextYear },
      { server: 'another', description: 'not ours', todoDate: null },
    ];
    const { blockers } = await rented.provider.describe();
    expect(blockers).toHaveLength(5);
    expect(blockers[0]).toContain('expired');
    expect(blockers[1]).toContain('hackedBlocked');
    expect(blockers[2]).toContain('intervention 3');
    expect(blockers[3]).toContain('intervention 4');
    expect(blockers[4]).toContain('disk swap');
  });

  it('goes on with words of tomorrow', async () => {
    await using rented = await rent();
    rented.ovh.service = { status: 'somethingNew' };
    rented.ovh.server['state'] = 'somethingNew';
    rented.ovh.server['bootId'] = null;
    const described = await rented.provider.describe();
    expect(described).toMatchObject({ blockers: [], bootTarget: 'other', hardware: null });
  });
});

describe('settings', () => {
  it('reads every setting that a run may change, and nothing else', async () => {
    await using rented = await rent();
    delete rented.ovh.server['bootScript'];
    const snapshot = await rented.provider.readSettings();
    expect(snapshot.service).toBe(service);
    expect(snapshot.values).toEqual({
      bootId: 1,
      efiBootloaderPath: null,
      monitoring: true,
      noIntervention: false,
      rescueMail: 'me@example.org',
      rescueSshKey: null,
    });
  });

  it('puts all of it back: first all but monitoring, then monitoring', async () => {
    await using rented = await rent();
    const before = structuredClone(rented.ovh.server);
    const snapshot = await rented.provider.readSettings();
    await rented.provider.quiesce();
    await rented.provider.armRescue({ publicKey });
    expect(rented.ovh.server).toMatchObject({
      monitoring: false,
      noIntervention: true,
      bootId: 230242,
      rescueSshKey: publicKey,
    });
    await rented.provider.restoreSettings(snapshot);
    expect(rented.ovh.server).toEqual({ ...before, monitoring: false, noIntervention: true });
    await rented.provider.restoreMonitoring(snapshot);
    expect(rented.ovh.server).toEqual(before);
  });

  it('sends only what differs, so that repeating any of it sends nothing', async () => {
    await using rented = await rent();
    const snapshot = await rented.provider.readSettings();
    await rented.provider.restoreSettings(snapshot);
    await rented.provider.restoreMonitoring(snapshot);
    expect(rented.puts()).toEqual([]);
    rented.ovh.server['noIntervention'] = true;
    await rented.provider.quiesce();
    await rented.provider.quiesce();
    expect(rented.puts()).toEqual([{ monitoring: false }]);
  });

  it('boots from disk again when the boot target before is not known', async () => {
    await using rented = await rent();
    rented.ovh.server['bootId'] = 230242;
    const values = { bootId: null, rescueSshKey: null };
    await rented.provider.restoreSettings({ service, takenAt: '', values });
    expect(rented.ovh.server['bootId']).toBe(1);
  });

  it('never sends `state`', async () => {
    await using rented = await rent();
    const snapshot = await rented.provider.readSettings();
    const values = { ...snapshot.values, state: 'hacked', monitoring: false };
    await rented.provider.restoreSettings({ ...snapshot, values });
    await rented.provider.restoreMonitoring({ ...snapshot, values });
    expect(rented.puts()).toEqual([{ monitoring: false }]);
  });

  it('refuses the snapshot of another server', async () => {
    await using rented = await rent();
    const foreign = { service: 'ns2', takenAt: '', values: { bootId: 95083 } };
    await expect(rented.provider.restoreSettings(foreign)).rejects.toThrow(ProviderRequestInvalid);
    await expect(rented.provider.restoreMonitoring(foreign)).rejects.toThrow('ns2');
    expect(rented.puts()).toEqual([]);
  });

  it('notices a change that OVH accepted but did not make', async () => {
    await using rented = await rent();
    rented.ovh.onPut = () => {};
    const failure = rented.provider.armDisk();
    await expect(failure).resolves.toBeUndefined(); // it was disk already
    await expect(rented.provider.quiesce()).rejects.toThrow(ProviderUnavailable);
    await expect(rented.provider.quiesce()).rejects.toThrow('monitoring and noIntervention');
  });

  it('does not rely on rescueMail, which OVH updates when it likes', async () => {
    await using rented = await rent();
    const snapshot = await rented.provider.readSettings();
    rented.ovh.server['rescueMail'] = null;
    rented.ovh.onPut = () => {};
    await rented.provider.restoreSettings(snapshot);
    expect(rented.puts()).toEqual([{ rescueMail: 'me@example.org' }]);
  });
});

describe('boot targets', () => {
  it('arms the newest Linux rescue, never the iPXE shell that OVH lists first', async () => {
    await using rented = await rent();
    const armed = await rented.provider.armRescue({ publicKey });
    expect(armed).toEqual({
      ...{ image: 'rescue12-customer', login: 'root' },
      ...{ keyTaken: true, mailWatermark: null },
    });
    // The key first: a reset in between must not boot a rescue that mails a password.
    expect(rented.puts()).toEqual([{ rescueSshKey: publicKey }, { bootId: 230242 }]);
  });

  it('takes the key as set when OVH keeps it without its comment', async () => {
    await using rented = await rent();
    rented.ovh.onPut = (body) => {
      const key = body['rescueSshKey'];
      const bare = typeof key === 'string' ? key.split(' ').slice(0, 2).join(' ') : key;
      Object.assign(rented.ovh.server, body, key === undefined ? {} : { rescueSshKey: bare });
    };
    await rented.provider.armRescue({ publicKey });
    await rented.provider.armRescue({ publicKey });
    expect(rented.puts()).toHaveLength(2);
  });

  it('changes no boot target when the key is refused', async () => {
    await using rented = await rent();
    rented.ovh.overrides['PUT …'] = () => ({
      status: 400,
      json: { message: 'SSH key is not valid' },
    });
    await expect(rented.provider.armRescue({ publicKey })).rejects.toThrow('SSH key is not valid');
    expect(rented.ovh.server['bootId']).toBe(1);
  });

  it('refuses with the list when there is no Linux rescue, before any change', async () => {
    await using rented = await rent();
    rented.ovh.netboots = [
      [203323, 'rescue', 'ipxe-shell'],
      [5, 'rescue', null],
    ];
    const failure = rented.provider.armRescue({ publicKey });
    await expect(failure).rejects.toThrow('its rescue netboots are: ipxe-shell, netboot 5');
    await expect(failure).rejects.toThrow(ProviderNotFound);
    expect(rented.puts()).toEqual([]);
  });

  it('arms a named image, and refuses one that the server does not offer or cannot work', async () => {
    await using rented = await rent();
    const armed = await rented.provider.armRescue({ publicKey, image: 'rescue64-pro' });
    expect(armed.image).toBe('rescue64-pro');
    expect(rented.ovh.server['bootId']).toBe(1122);
    for (const image of ['rescue99', 'ipxe-shell', 'hd']) {
      await expect(rented.provider.armRescue({ publicKey, image })).rejects.toThrow(image);
    }
  });

  it('arms the disk by the id that is looked up', async () => {
    await using rented = await rent();
    rented.ovh.netboots = [[17, 'harddisk', 'hd']];
    rented.ovh.server['bootId'] = 230242;
    await rented.provider.armDisk();
    expect(rented.ovh.server['bootId']).toBe(17);
    rented.ovh.netboots = [];
    await expect(rented.provider.armDisk()).rejects.toThrow(ProviderNotFound);
  });
});
