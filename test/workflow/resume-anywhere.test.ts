import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import type { System } from '../../src/run/plan.ts';
import { requestOf } from '../fixtures/provision-request.ts';
import { FakeField } from './fake-field.ts';
import { FieldRuns, phasesOf, status } from './field-runs.ts';

let runs: FieldRuns;
let field: FakeField;

beforeAll(async () => {
  runs = await FieldRuns.start();
});
afterAll(() => runs?.stop());
beforeEach(() => {
  field = new FakeField();
});

describe('on a server where an earlier run got far', () => {
  const installed: System = {
    kind: 'installed',
    bootId: 'boot-0',
    hostKey: 'ssh-ed25519 AAAA',
    user: 'core',
    waitedMs: 0,
    kernel: '6.1.0',
  };

  it('a system that is what the spec asks for is verified, and nothing is rebooted', async () => {
    field.answering = installed;
    field.recognised = { layout: null, finished: true, repartitioned: null };
    await runs.run(field, requestOf('shrink'), async (handle) => {
      await expect(handle.result()).resolves.toMatchObject({ ok: true, boots: 0 });
      expect(phasesOf(await status(handle))).toEqual([
        ...['preflight', 'first-boot', 'verify', 'handover'],
      ]);
    });
    const moves = ['armRescue', 'hardReset', 'rebootFromInside', 'stageImage', 'writeImage'];
    expect(field.calls.filter((name) => moves.includes(name))).toEqual([]);
  });

  it('an installed system is only shrunk, and rebooted cleanly', async () => {
    field.answering = installed;
    field.recognised = { layout: null, finished: false, repartitioned: null };
    await runs.run(field, requestOf('shrink'), async (handle) => {
      await expect(handle.result()).resolves.toMatchObject({ ok: true, filesUnchanged: 412 });
    });
    expect(field.calls).not.toContain('writeImage');
    expect(field.calls).not.toContain('hardReset');
  });

  it('a rescue session of ours is never reset: its jobs are waited for', async () => {
    field.answering = { ...installed, kind: 'rescue', user: 'root' };
    await runs.run(field, requestOf('presize'), async (handle) => {
      await expect(handle.result()).resolves.toMatchObject({ ok: true });
    });
    expect(field.calls).not.toContain('hardReset');
    expect(field.calls.indexOf('finishJobs')).toBeLessThan(field.calls.indexOf('inspect'));
  });

  it('what is on the disk by our receipt is not written again', async () => {
    field.onDisk = { installed: true };
    await runs.run(field, requestOf('shrink'), async (handle) => {
      await expect(handle.result()).resolves.toMatchObject({ ok: true });
    });
    expect(field.calls).not.toContain('writeImage');
  });

  it('a shrink that was begun is finished before anything boots from the disk', async () => {
    field.onDisk = { installed: true, repartitionBegun: true };
    await runs.run(field, requestOf('shrink'), async (handle) => {
      await expect(handle.result()).resolves.toMatchObject({ ok: true, filesUnchanged: 412 });
    });
    const { calls } = field;
    expect(calls.indexOf('repartition')).toBeLessThan(calls.indexOf('armDisk'));
    expect(calls.filter((name) => name === 'repartition')).toHaveLength(1);
  });
});
