import type { WorkflowHandle } from '@temporalio/client';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';

import { messages, type ProvisionRequest } from '../../src/contract.ts';
import { requestOf } from '../fixtures/provision-request.ts';
import { FakeField } from './fake-field.ts';
import { FieldRuns, phasesOf, status, update, waiting } from './field-runs.ts';

/** Errors of activities are known to a workflow by the name of their class. */
class RefusedOnHost extends Error {}
class ServerRebooted extends Error {}
class ServerSilent extends Error {}
class PreflightRefused extends Error {}

describe('provisionServer', () => {
  let runs: FieldRuns;
  let field: FakeField;

  beforeAll(async () => {
    runs = await FieldRuns.start();
  });
  afterAll(() => runs?.stop());
  beforeEach(() => {
    field = new FakeField();
  });

  function provisioning(
    request: Partial<ProvisionRequest>,
    test: (handle: WorkflowHandle) => Promise<void>,
  ): Promise<void> {
    return runs.run(field, { ...requestOf('shrink'), ...request }, test);
  }

  it('shrink: the phases of the how-to in order, with its two rescues and boots', async () => {
    await provisioning({}, async (handle) => {
      await expect(handle.result()).resolves.toMatchObject({ ok: true, boots: 4 });
      const end = await status(handle);
      expect(end).toMatchObject({
        kind: 'provision',
        state: 'ready',
        login: { kind: 'installed', user: 'core' },
      });
      expect(phasesOf(end)).toEqual([
        ...['preflight', 'rescue', 'inspect', 'approve', 'install', 'boot', 'first-boot'],
        ...['rescue', 'repartition', 'boot', 'verify', 'handover'],
      ]);
      expect(field.calls.filter((name) => name === 'hardReset')).toHaveLength(1);
    });
  });

  it('presize: two boots and one rescue', async () => {
    await provisioning(requestOf('presize'), async (handle) => {
      await expect(handle.result()).resolves.toMatchObject({ boots: 2 });
      expect(phasesOf(await status(handle)).filter((phase) => phase === 'rescue')).toHaveLength(1);
    });
  });

  it('settings are saved before the first change, disk is armed after the image only', async () => {
    await provisioning({}, async (handle) => {
      await handle.result();
      const { calls } = field;
      expect(calls.indexOf('saveSettings')).toBeLessThan(calls.indexOf('armRescue'));
      expect(calls.indexOf('writeImage')).toBeLessThan(calls.indexOf('armDisk'));
      expect(calls.indexOf('verify')).toBeLessThan(calls.indexOf('restoreSettings'));
    });
  });

  it('what preflight refuses ends the run with nothing changed', async () => {
    field.failOnce.set('preflight', new PreflightRefused('the account is blocked'));
    await provisioning({}, async (handle) => {
      await expect(handle.result()).rejects.toThrow();
      const end = await status(handle);
      expect(end.state).toBe('refused');
      expect(end.ending).toBe('the account is blocked\nNothing was changed.');
      expect(field.calls).toEqual(['preflight']);
    });
  });

  it('what the host refuses before a write puts the settings back', async () => {
    field.failOnce.set('stageImage', new RefusedOnHost('the digest is another one'));
    await provisioning({}, async (handle) => {
      await expect(handle.result()).rejects.toThrow();
      expect((await status(handle)).ending).toContain('The disk was not touched.');
      expect(field.calls.slice(-2)).toEqual(['restoreSettings', 'restoreMonitoring']);
      expect(field.calls).not.toContain('writeImage');
    });
  });

  it('a disk with contents waits for exactly its own fingerprint', async () => {
    field.fingerprint = '7c1e90aabbcc';
    await provisioning({}, async (handle) => {
      const { attention } = await waiting(handle);
      expect(attention).toMatchObject({ kind: 'approval' });
      expect(attention?.actions[0]?.command).toContain('--wipe SERIAL-1:7c1e90aabbcc');
      await expect(update(handle, messages.approve, approval('SERIAL-1'))).rejects.toThrow();
      await expect(
        update(handle, messages.approve, approval('SERIAL-1:000000000000')),
      ).rejects.toThrow();
      expect(field.calls).not.toContain('writeImage');
      await update(handle, messages.approve, approval('SERIAL-1:7c1e90aabbcc'));
      await handle.result();
    });
  });

  it('noWait: a disk with contents is refused, and the old system is booted again', async () => {
    field.fingerprint = '7c1e90aabbcc';
    await provisioning({ noWait: true }, async (handle) => {
      await expect(handle.result()).rejects.toThrow();
      expect((await status(handle)).state).toBe('refused');
      expect(field.calls.slice(-4)).toEqual([
        ...['restoreSettings', 'rebootFromInside', 'waitForOldSystem', 'restoreMonitoring'],
      ]);
    });
  });

  it('a failed rescue is a pause; resume goes on at the same phase', async () => {
    field.failOnce.set('waitForRescue', new ServerSilent('rescue did not come up'));
    await provisioning({}, async (handle) => {
      const { attention } = await waiting(handle);
      expect(attention).toMatchObject({ kind: 'rescue' });
      expect(attention?.title).toBe('rescue did not come up: nothing answers');
      await update(handle, messages.resume, { by: 'test' });
      await handle.result();
      expect(field.calls.filter((name) => name === 'preflight')).toHaveLength(1);
      const rescues = (await status(handle)).timeline.filter(({ phase }) => phase === 'rescue');
      expect(rescues.map(({ attempt, state }) => [attempt, state])).toEqual([
        ...[
          [1, 'failed'],
          [2, 'done'],
          [1, 'done'],
        ],
      ]);
    });
  });

  it('a server that is rebooted under the image write goes back to rescue and looks again', async () => {
    field.failOnce.set('writeImage', new ServerRebooted('power cut'));
    await provisioning({}, async (handle) => {
      await handle.result();
      expect(field.calls.filter((name) => name === 'inspect')).toHaveLength(2);
      expect(field.calls.filter((name) => name === 'writeImage')).toHaveLength(2);
      expect(field.calls.filter((name) => name === 'hardReset')).toHaveLength(1);
    });
  });

  it('a system that reboots itself in its first boot is waited for and proven again', async () => {
    field.failOnce.set('proveFirstBoot', new ServerRebooted('another boot'));
    await provisioning({}, async (handle) => {
      await expect(handle.result()).resolves.toMatchObject({ boots: 5 });
      expect(field.calls.filter((name) => name === 'proveFirstBoot')).toHaveLength(2);
      expect(field.calls.filter((name) => name === 'writeImage')).toHaveLength(1);
    });
  });

  it('abort while it waits puts the settings back', async () => {
    field.fingerprint = '7c1e90aabbcc';
    await provisioning({}, async (handle) => {
      await waiting(handle);
      await update(handle, messages.abort, { by: 'test', reason: 'wrong server' });
      await expect(handle.result()).rejects.toThrow();
      const end = await status(handle);
      expect(end.state).toBe('aborted');
      expect(end.ending).toContain('Stopped by test: wrong server.');
      expect(field.calls.slice(-1)).toEqual(['restoreMonitoring']);
    });
  });

  it('abort in the middle of repartition waits until the transaction is finished', async () => {
    let letGo = (): void => {};
    field.gates.set('repartition', new Promise((resolve) => (letGo = () => resolve())));
    await provisioning({}, async (handle) => {
      await vi.waitFor(() => expect(field.calls).toContain('repartition'), 10_000);
      await update(handle, messages.abort, { by: 'test' });
      expect(field.calls).not.toContain('restoreSettings');
      letGo();
      await expect(handle.result()).rejects.toThrow();
      expect(field.calls.slice(-4)).toEqual([
        ...['restoreSettings', 'rebootFromInside', 'waitForOldSystem', 'restoreMonitoring'],
      ]);
      expect((await status(handle)).ending).toContain('The new system is on the disk');
    });
  });

  it('abort during the image write leaves a disk that does not boot, and says so', async () => {
    field.gates.set('writeImage', new Promise(() => {}));
    await provisioning({}, async (handle) => {
      await vi.waitFor(() => expect(field.calls).toContain('writeImage'), 10_000);
      await update(handle, messages.abort, { by: 'test' });
      await expect(handle.result()).rejects.toThrow();
      expect((await status(handle)).ending).toContain('does not boot');
      expect(field.calls.slice(-2)).toEqual(['restoreSettings', 'restoreMonitoring']);
    });
  });

  it('a run that nobody interrupts stays small', async () => {
    await provisioning({}, async (handle) => {
      await handle.result();
      const { historyLength } = await handle.describe();
      expect(historyLength).toBeLessThanOrEqual(300);
    });
  });
});

function approval(wipe: string): object {
  return { wipe, by: 'test' };
}
