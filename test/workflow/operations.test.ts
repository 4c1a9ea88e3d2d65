import { randomUUID } from 'node:crypto';

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { messages, serverRequestOf } from '../../src/contract.ts';
import type { System } from '../../src/run/plan.ts';
import { requestOf } from '../fixtures/provision-request.ts';
import { until } from '../until.ts';
import { FakeField } from './fake-field.ts';
import { FieldRuns, phasesOf, status, update, waiting } from './field-runs.ts';

/** Errors of activities are known to a workflow by the name of their class. */
class NoSystemOfOurs extends Error {}
class PreflightRefused extends Error {}
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

const request = serverRequestOf(requestOf('presize'));
const keys = ['ssh-ed25519 AAAAnew ada@desk'];

function answering(kind: System['kind']): System {
  const user = kind === 'rescue' ? 'root' : 'core';
  const hostKey = 'ssh-ed25519 AAAA';
  return { kind, bootId: randomUUID(), hostKey, user, waitedMs: 0, kernel: '6.1.0' };
}

const settingsBack = ['restoreSettings', 'armDisk', 'restoreMonitoring'];
const reboots = ['hardReset', 'rebootFromInside'];

describe('rescue', () => {
  it('boots rescue after the settings are saved, and leaves it up with the way back', async () => {
    await runs.run(
      field,
      request,
      async (handle) => {
        await handle.result();
        const end = await status(handle);
        expect(end).toMatchObject({ kind: 'rescue', state: 'done', login: { kind: 'rescue' } });
        expect(end.ending).toContain('  ironstep boot disk core1');
        expect(phasesOf(end)).toEqual(['preflight', 'rescue']);
      },
      'rescue',
    );
    const { calls } = field;
    expect(calls.indexOf('saveSettings')).toBeLessThan(calls.indexOf('armRescue'));
    expect(calls.filter((name) => settingsBack.includes(name))).toEqual([]);
  });

  it('takes a running system of ours down cleanly', async () => {
    field.answering = answering('installed');
    await runs.run(field, request, async (handle) => void (await handle.result()), 'rescue');
    expect(field.calls.filter((name) => reboots.includes(name))).toEqual(['rebootFromInside']);
  });

  it('uses a session that is up as it is, and an abort does not end it', async () => {
    field.answering = answering('rescue');
    field.gates.set('armRescue', new Promise(() => {}));
    await runs.run(
      field,
      request,
      async (handle) => {
        await until(() => field.calls.includes('armRescue'));
        await update(handle, messages.abort, { by: 'test' });
        await expect(handle.result()).rejects.toThrow();
        expect((await status(handle)).ending).toContain('It still runs rescue.');
      },
      'rescue',
    );
    expect(field.calls.filter((name) => reboots.includes(name))).toEqual([]);
  });

  it('a server that the provider does not let go is left alone', async () => {
    field.failOnce.set('reach', new PreflightRefused('an intervention is open'));
    await runs.run(
      field,
      request,
      async (handle) => {
        await expect(handle.result()).rejects.toThrow();
        const end = await status(handle);
        expect([end.state, end.ending]).toEqual([
          'refused',
          'an intervention is open\nNothing was changed.',
        ]);
      },
      'rescue',
    );
    expect(field.calls).toEqual(['reach']);
  });
});

describe('boot disk', () => {
  it('leaves rescue cleanly, and puts the settings back once the disk answers', async () => {
    field.answering = answering('rescue');
    await runs.run(
      field,
      request,
      async (handle) => {
        await handle.result();
        const end = await status(handle);
        expect(end).toMatchObject({ state: 'done', login: { kind: 'installed' } });
        expect(phasesOf(end)).toEqual(['preflight', 'boot', 'handover']);
      },
      'boot-disk',
    );
    const { calls } = field;
    expect(calls.filter((name) => reboots.includes(name))).toEqual(['rebootFromInside']);
    expect(calls.indexOf('armDisk')).toBeLessThan(calls.indexOf('rebootFromInside'));
    expect(calls.indexOf('finishJobs')).toBeLessThan(calls.indexOf('mayBoot'));
    expect(calls.slice(-4)).toEqual(['waitForDisk', ...settingsBack]);
  });

  it('a disk that must not boot is refused before anything is changed', async () => {
    field.answering = answering('rescue');
    field.mayBoot = { reasons: ['an install was begun on A and is not finished'], ours: false };
    await runs.run(
      field,
      request,
      async (handle) => {
        await expect(handle.result()).rejects.toThrow();
        const end = await status(handle);
        expect(end.state).toBe('refused');
        expect(end.ending).toContain('an install was begun on A');
        expect(end.ending).toContain('  ironstep boot disk core1 --force');
        expect(end.ending).toContain('Nothing was changed.');
      },
      'boot-disk',
    );
    expect(field.calls).toEqual(['reach', 'whoAnswers', 'finishJobs', 'mayBoot']);
  });

  it('--force boots it all the same, and says why it should not have been', async () => {
    field.answering = answering('rescue');
    field.mayBoot = { reasons: ['shrinking ROOT was begun'], ours: true };
    await runs.run(
      field,
      { ...request, force: true },
      async (handle) => {
        await handle.result();
        const [preflight] = (await status(handle)).timeline;
        expect(preflight?.notes).toContain(
          'booted all the same, by --force: shrinking ROOT was begun',
        );
      },
      'boot-disk',
    );
  });

  it('a server of which nothing is known is reset; a foreign system is not vouched for', async () => {
    field.diskAnswer = { kind: 'foreign', hostKeyFingerprint: 'SHA256:9vX', waitedMs: 1000 };
    await runs.run(
      field,
      request,
      async (handle) => {
        await handle.result();
        const end = await status(handle);
        expect(end.login).toBeUndefined();
        expect(end.ending).toContain('SHA256:9vX');
        expect(end.ending).toContain('not pinned');
      },
      'boot-disk',
    );
    expect(field.calls.filter((name) => reboots.includes(name))).toEqual(['hardReset']);
    expect(field.calls).not.toContain('mayBoot');
  });

  it('a system that lets ironstep in no more is named by its host key, and how to mend it', async () => {
    field.diskAnswer = { kind: 'locked', waitedMs: 1000 };
    await runs.run(
      field,
      request,
      async (handle) => {
        await handle.result();
        const end = await status(handle);
        expect(end.login).toMatchObject({ kind: 'installed', user: 'core' });
        expect(end.ending).toContain('  ironstep add-key core1');
      },
      'boot-disk',
    );
  });

  it('silence waits for a person; a system that came up meanwhile is not rebooted again', async () => {
    field.answering = answering('rescue');
    field.failOnce.set('waitForDisk', new ServerSilent('it did not come up'));
    await runs.run(
      field,
      request,
      async (handle) => {
        await waiting(handle);
        expect(field.calls).not.toContain('restoreMonitoring');
        field.answering = answering('installed');
        await update(handle, messages.resume, { by: 'test' });
        await handle.result();
        expect((await status(handle)).login).toMatchObject({ kind: 'installed' });
      },
      'boot-disk',
    );
    expect(field.calls.filter((name) => reboots.includes(name))).toHaveLength(1);
  });
});

describe('add-key', () => {
  const asked = { ...request, keys };

  it('a system that lets ironstep in takes the keys as it runs', async () => {
    field.answering = answering('installed');
    await runs.run(
      field,
      asked,
      async (handle) => {
        await handle.result();
        const end = await status(handle);
        expect(phasesOf(end)).toEqual(['preflight', 'keys', 'handover']);
        expect(end).toMatchObject({ state: 'done', login: { kind: 'installed' } });
        expect(end.ending).toContain('/home/core/.ssh/authorized_keys');
      },
      'add-key',
    );
    expect(field.calls.filter((name) => [...reboots, 'armRescue'].includes(name))).toEqual([]);
  });

  it('nobody gets in: through rescue, the disk, and the proof of the system that boots', async () => {
    await runs.run(
      field,
      asked,
      async (handle) => {
        await handle.result();
        expect(phasesOf(await status(handle))).toEqual([
          ...['preflight', 'rescue', 'inspect', 'keys', 'boot', 'verify', 'handover'],
        ]);
      },
      'add-key',
    );
    const { calls } = field;
    const order = ['saveSettings', 'armRescue', 'findOurSystem', 'placeLogin', 'armDisk'];
    expect(calls.filter((name) => order.includes(name)).slice(0, 5)).toEqual(order);
    expect(calls.slice(-4)).toEqual(['takeKeys', ...settingsBack]);
  });

  it('a disk without a system of ours is refused, and the server goes back to it', async () => {
    field.failOnce.set('findOurSystem', new NoSystemOfOurs('no disk carries our receipt'));
    await runs.run(
      field,
      asked,
      async (handle) => {
        await expect(handle.result()).rejects.toThrow();
        const end = await status(handle);
        expect(end.state).toBe('refused');
        expect(end.ending).toBe(
          "no disk carries our receipt\nThe disk was not touched. The provider's settings were put back.",
        );
      },
      'add-key',
    );
    expect(field.calls).not.toContain('placeLogin');
    expect(field.calls.slice(-3)).toEqual([
      ...['rebootFromInside', 'waitForOldSystem', 'restoreMonitoring'],
    ]);
  });

  it('a power cut while the keys are placed goes back to rescue', async () => {
    field.failOnce.set('placeLogin', new ServerRebooted('another boot'));
    await runs.run(field, asked, async (handle) => void (await handle.result()), 'add-key');
    expect(field.calls.filter((name) => name === 'placeLogin')).toHaveLength(2);
  });

  it('an abort while they are placed says that some may be there', async () => {
    field.gates.set('placeLogin', new Promise(() => {}));
    await runs.run(
      field,
      asked,
      async (handle) => {
        await until(() => field.calls.includes('placeLogin'));
        await update(handle, messages.abort, { by: 'test' });
        await expect(handle.result()).rejects.toThrow();
        expect((await status(handle)).ending).toContain('Keys may have been written');
      },
      'add-key',
    );
    expect(field.calls.slice(-1)).toEqual(['restoreMonitoring']);
  });
});
