import { randomUUID } from 'node:crypto';

import type { WorkflowHandle } from '@temporalio/client';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { messages, serverRequestOf } from '../../src/contract.ts';
import type { System } from '../../src/run/plan.ts';
import { requestOf } from '../fixtures/provision-request.ts';
import { until } from '../until.ts';
import { FakeField } from './fake-field.ts';
import { FieldRuns, phasesOf, status, update, waiting } from './field-runs.ts';

/** Errors of activities are known to a workflow by the name of their class. */
class DiskNotFound extends Error {}
class ServerRebooted extends Error {}
class ServerSilent extends Error {}

let runs: FieldRuns;
let field: FakeField;

beforeAll(async () => {
  runs = await FieldRuns.start();
});
afterAll(() => runs?.stop());
beforeEach(() => {
  field = new FakeField();
});

const { spec, by } = requestOf('presize');
const reboots = ['hardReset', 'rebootFromInside'];
const changes = ['armRescue', 'armDisk', 'restoreSettings', 'restoreMonitoring', 'saveSettings'];

function answering(kind: System['kind']): System {
  const hostKey = 'ssh-ed25519 AAAA';
  return { kind, bootId: randomUUID(), hostKey, user: 'root', waitedMs: 0, kernel: '6.1.0' };
}

const done = async (handle: WorkflowHandle): Promise<void> => void (await handle.result());
const look = (test: (handle: WorkflowHandle) => Promise<void>): Promise<void> =>
  runs.run(field, { spec, by }, test, 'look');
const called = (names: string[]): string[] => field.calls.filter((name) => names.includes(name));

describe('plan --rescue', () => {
  it('boots rescue, reads, boots the old system again, and puts all settings back', async () => {
    field.diskAnswer = { kind: 'foreign', hostKeyFingerprint: 'SHA256:x', waitedMs: 1 };
    await look(async (handle) => {
      await handle.result();
      const end = await status(handle);
      expect(end).toMatchObject({ kind: 'look', state: 'done', plan: { server: 'core1' } });
      expect(phasesOf(end)).toEqual(['preflight', 'rescue', 'inspect', 'boot', 'handover']);
      expect(end.ending).toContain('Its old system runs again.');
    });
    // The boot target goes back before the reboot, monitoring once the old system answers.
    expect(called([...changes, ...reboots, 'waitForDisk'])).toEqual([
      ...['saveSettings', 'armRescue', 'hardReset', 'restoreSettings', 'rebootFromInside'],
      ...['waitForDisk', 'restoreSettings', 'restoreMonitoring'],
    ]);
    expect(field.calls).not.toContain('writeImage');
  });

  it('a session that is up is read as it is: nothing is saved, armed, rebooted or put back', async () => {
    field.answering = answering('rescue');
    await look(done);
    expect(called([...changes, ...reboots])).toEqual([]);
    expect(field.calls).toContain('describePlan');
  });

  it('a session that somebody else reboots is no answer, and nothing was changed', async () => {
    field.answering = answering('rescue');
    field.failOnce.set('describePlan', new ServerRebooted('another boot'));
    await look(async (handle) => {
      await expect(handle.result()).rejects.toThrow();
      const end = await status(handle);
      expect([end.state, end.ending?.split('\n')[1]]).toEqual(['refused', 'Nothing was changed.']);
    });
  });

  it('disks that must not boot leave the server in rescue, with its settings back', async () => {
    field.mayBoot = { reasons: ['no disk holds anything that could boot'], ours: false };
    await look(async (handle) => {
      await handle.result();
      expect((await status(handle)).ending).toContain('It still runs rescue');
    });
    expect(called([...reboots, 'restoreMonitoring'])).toEqual(['hardReset', 'restoreMonitoring']);
  });

  it('a disk that is not there is refused, and the old system is booted again', async () => {
    field.failAlways.set('describePlan', new DiskNotFound('core1 has no disk with serial X'));
    await look(async (handle) => {
      await expect(handle.result()).rejects.toThrow();
      expect((await status(handle)).state).toBe('refused');
    });
    expect(field.calls.slice(-4)).toEqual([
      ...['restoreSettings', 'rebootFromInside', 'waitForOldSystem', 'restoreMonitoring'],
    ]);
  });

  it('an old system that stays silent is a pause; resumed, it is not rebooted again', async () => {
    field.failOnce.set('waitForDisk', new ServerSilent('core1 did not come up'));
    await look(async (handle) => {
      const { attention } = await waiting(handle);
      expect(attention).toMatchObject({ kind: 'failed', detail: ['core1 did not come up'] });
      await update(handle, messages.resume, { by });
      await handle.result();
    });
    expect(called(['rebootFromInside'])).toHaveLength(1);
    expect(called(['waitForDisk'])).toHaveLength(2);
  });

  it('an abort in rescue goes back to the old system', async () => {
    field.gates.set('describePlan', new Promise(() => {}));
    await look(async (handle) => {
      await until(() => field.calls.includes('describePlan'));
      await update(handle, messages.abort, { by });
      await expect(handle.result()).rejects.toThrow();
    });
    expect(field.calls.slice(-4)).toEqual([
      ...['restoreSettings', 'rebootFromInside', 'waitForOldSystem', 'restoreMonitoring'],
    ]);
  });
});

describe('settings restore', () => {
  const request = serverRequestOf(requestOf('presize'));
  const restore = (test: (handle: WorkflowHandle) => Promise<void>): Promise<void> =>
    runs.run(field, request, test, 'restore-settings');
  const left = { service: 'ns1', takenAt: 'monday', values: { bootId: 1 } };

  it('puts back what was saved, and does not touch the server', async () => {
    field.settingsLeft = left;
    await restore(async (handle) => {
      await handle.result();
      expect(await status(handle)).toMatchObject({ kind: 'restore-settings', state: 'done' });
    });
    expect(field.calls).toEqual([
      ...['settingsLeft', 'restoreSettings', 'glance', 'restoreMonitoring'],
    ]);
  });

  it('a server that is silent keeps its monitoring off, and the command says so', async () => {
    field.settingsLeft = left;
    field.silent = true;
    await restore(async (handle) => {
      await expect(handle.result()).rejects.toThrow();
      const end = await status(handle);
      expect(end.state).toBe('failed');
      expect(end.ending).toContain('Once it answers:  ironstep settings restore core1');
    });
    expect(field.calls).not.toContain('restoreMonitoring');
  });

  it('a rescue session that is still up is named, with the way out of it', async () => {
    field.settingsLeft = left;
    field.answering = answering('rescue');
    await restore(async (handle) => {
      await handle.result();
      expect((await status(handle)).ending).toContain('  ironstep boot disk core1');
    });
  });

  it('nothing is left: nothing is written', async () => {
    await restore(async (handle) => {
      await handle.result();
      expect((await status(handle)).ending).toContain('nothing of ironstep');
    });
    expect(field.calls).toEqual(['settingsLeft']);
  });
});
