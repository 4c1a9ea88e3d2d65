import type { WorkflowHandle } from '@temporalio/client';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { messages } from '../../src/contract.ts';
import type { System } from '../../src/run/plan.ts';
import type { Rung } from '../../src/spec/rungs.ts';
import { requestOf } from '../fixtures/provision-request.ts';
import { until } from '../until.ts';
import { FakeField } from './fake-field.ts';
import { FieldRuns, status, update, waiting } from './field-runs.ts';

/** Errors of activities are known to a workflow by the name of their class. */
class ServerSilent extends Error {}
class ProviderBusy extends Error {}
class ResetTaskFailed extends Error {}

let runs: FieldRuns;
let field: FakeField;

beforeAll(async () => {
  runs = await FieldRuns.start();
});
afterAll(() => runs?.stop());
beforeEach(() => {
  field = new FakeField();
});

const by = 'ada@desk';
const silent = (): Error => new ServerSilent('rescue did not come up');
const oldSystem: System = {
  kind: 'installed',
  bootId: 'boot-0',
  hostKey: 'ssh-ed25519 AAAA',
  user: 'core',
  waitedMs: 0,
  kernel: '6.1.0',
};

/** A run with these rungs, whose parked run looks every second. */
function climbing(ladder: Rung[], test: (handle: WorkflowHandle) => Promise<void>): Promise<void> {
  const { spec, ...request } = requestOf('presize');
  const pace = { parkedLookMs: 1_000, parkedLookMaxMs: 1_000 };
  const rescue = { ...spec.rescue, ladder };
  return runs.run(field, { ...request, pace, spec: { ...spec, rescue } }, test);
}

/** What was called from the first moment that rescue was armed, as far as it moves something. */
function moves(): string[] {
  const moving = ['armRescue', 'armDisk', 'hardReset', 'rebootFromInside', 'waitForRescue'];
  const end = field.calls.indexOf('inspect');
  return field.calls.slice(0, end < 0 ? undefined : end).filter((name) => moving.includes(name));
}

const reset = ['hardReset', 'waitForRescue'];

describe('the ladder', () => {
  it('is climbed rung by rung, and each rung is a line with what was seen', async () => {
    field.failAlways.set('waitForRescue', silent());
    field.around = {
      answering: { kind: 'old-system', system: null, hostKey: 'SHA256:9vX' },
      provider: ['task 9 (hardReboot) is done'],
    };
    await climbing(['in-band-reboot', 'hard-reset', 're-arm', 'other-image'], async (handle) => {
      const { attention, timeline, answering } = await waiting(handle);
      expect(moves()).toEqual([
        ...['armRescue', ...reset],
        ...['armDisk', 'armRescue', ...reset],
        ...['armRescue', ...reset],
      ]);
      expect(attention).toMatchObject({
        kind: 'rescue',
        title: 'rescue did not come up: the old system answers (host key SHA256:9vX)',
      });
      const seen = 'the old system answers (host key SHA256:9vX) · task 9 (hardReboot) is done';
      expect(attention?.detail.slice(0, 4).map((line) => line.slice(7))).toEqual([
        'clean reboot from inside: not tried: no system that knows us answers',
        `hard reset: ${seen}`,
        `boot target written anew, then a hard reset: ${seen}`,
        `another rescue image, then a hard reset: ${seen}`,
      ]);
      expect(attention?.detail.join('\n')).toContain(
        'why this server does not boot from the network',
      );
      expect(timeline.at(-1)?.notes).toContain(`hard reset: ${seen}`);
      expect(answering?.words).toContain('the old system');
    });
  });

  it('ends at the first rung that brings rescue up, and the run goes on', async () => {
    field.failOnce.set('waitForRescue', silent());
    await climbing(['hard-reset', 're-arm', 'other-image'], async (handle) => {
      await expect(handle.result()).resolves.toMatchObject({ ok: true });
      expect(moves()).toEqual(['armRescue', ...reset, 'armDisk', 'armRescue', ...reset]);
    });
  });

  it('a system that knows us is asked to reboot itself before any reset, whatever the spec says', async () => {
    field.answering = oldSystem;
    field.failOnce.set('waitForRescue', silent());
    await climbing(['hard-reset'], async (handle) => {
      await handle.result();
      expect(moves()).toEqual(['armRescue', 'rebootFromInside', 'waitForRescue', ...reset]);
    });
  });

  it('a system of ours that comes up again instead of rescue is rebooted from inside', async () => {
    field.failOnce.set('waitForRescue', silent());
    field.around = {
      answering: { kind: 'old-system', system: oldSystem, hostKey: 'SHA256:9vX' },
      provider: [],
    };
    await climbing(['hard-reset', 'in-band-reboot'], async (handle) => {
      await handle.result();
      expect(moves()).toEqual(['armRescue', ...reset, 'rebootFromInside', 'waitForRescue']);
    });
  });

  it.each([
    ['a technician at work', new ProviderBusy('No reset was sent while somebody works on it.')],
    ['a task that failed', new ResetTaskFailed('task 8 ended as ovhError')],
  ])('is not climbed further past %s', async (_, failure) => {
    field.failAlways.set('waitForTask', failure);
    await climbing(['hard-reset', 're-arm'], async (handle) => {
      const { attention } = await waiting(handle);
      expect(attention?.title).toBe(`rescue: ${failure.message}`);
      expect(field.calls.filter((name) => name === 'hardReset')).toHaveLength(1);
    });
  });

  it('tells when the provider has no other image, and asks a person', async () => {
    field.otherImage = null;
    await climbing(['other-image'], async (handle) => {
      const { attention } = await waiting(handle);
      expect(attention?.detail.join('\n')).toContain('the provider offers none but rescue12');
      expect(field.calls).not.toContain('hardReset');
    });
  });
});

describe('a person', () => {
  it('skips the boot that is waited for, and the next rung is taken', async () => {
    field.gates.set('waitForRescue', new Promise(() => {}));
    await climbing(['hard-reset', 're-arm'], async (handle) => {
      await until(() => field.calls.includes('waitForRescue'));
      field.gates.clear();
      await update(handle, messages.skip, { by });
      await expect(handle.result()).resolves.toMatchObject({ ok: true });
      expect(moves()).toEqual(['armRescue', ...reset, 'armDisk', 'armRescue', ...reset]);
      const rescue = (await status(handle)).timeline.find(({ phase }) => phase === 'rescue');
      expect(rescue?.notes).toContain(`skipped by ${by}`);
    });
  });

  it('has nothing to skip while the run waits for them', async () => {
    field.failAlways.set('waitForRescue', silent());
    await climbing(['hard-reset'], async (handle) => {
      await waiting(handle);
      await expect(update(handle, messages.skip, { by })).rejects.toThrow();
    });
  });

  it('resumes with rungs of their own, once; nothing before rescue is done again', async () => {
    field.failAlways.set('waitForRescue', silent());
    await climbing(['hard-reset'], async (handle) => {
      await waiting(handle);
      await update(handle, messages.resume, { by, ladder: ['other-image'] });
      await until(() => field.calls.includes('otherRescueImage'));
      const again = await waiting(handle);
      expect(again.timeline.map(({ phase, attempt }) => `${phase} ${attempt}`)).toEqual([
        ...['preflight 1', 'rescue 1', 'rescue 2'],
      ]);
      field.failAlways.clear();
      await update(handle, messages.resume, { by });
      await expect(handle.result()).resolves.toMatchObject({ ok: true });
      expect(moves()).toEqual([
        ...['armRescue', ...reset],
        ...['armRescue', 'armRescue', ...reset],
        ...['armRescue', ...reset],
      ]);
      expect(field.calls.filter((name) => name === 'preflight')).toHaveLength(1);
    });
  });

  it('may not give a ladder where no rescue is waited for', async () => {
    field.failOnce.set('waitForInstalled', silent());
    await climbing(['hard-reset'], async (handle) => {
      await waiting(handle);
      const ladder = update(handle, messages.resume, { by, ladder: ['hard-reset'] });
      await expect(ladder).rejects.toThrow();
    });
  });
});

describe('a parked run', () => {
  it('goes on by itself when rescue appears, without a reset', async () => {
    field.failAlways.set('waitForRescue', silent());
    await climbing(['hard-reset'], async (handle) => {
      await waiting(handle);
      field.appears = 'rescue';
      await expect(handle.result()).resolves.toMatchObject({ ok: true });
      expect(moves()).toEqual(['armRescue', ...reset, 'armRescue']);
      const rescues = (await status(handle)).timeline.filter(({ phase }) => phase === 'rescue');
      expect(rescues.map(({ attempt, state }) => `${attempt} ${state}`)).toEqual([
        ...['1 failed', '2 done'],
      ]);
    });
  });

  it('climbs again when the provider is done, if that was what held it up', async () => {
    field.failOnce.set('hardReset', new ProviderBusy('somebody works on it'));
    field.appears = 'provider-idle';
    await climbing(['hard-reset'], async (handle) => {
      await expect(handle.result()).resolves.toMatchObject({ ok: true });
      expect(moves()).toEqual(['armRescue', 'hardReset', 'armRescue', ...reset]);
    });
  });

  it('costs no history while it looks again and again', async () => {
    field.failAlways.set('waitForRescue', silent());
    await climbing(['hard-reset'], async (handle) => {
      await waiting(handle);
      const looks = (): number => field.calls.filter((name) => name === 'watchParked').length;
      await until(() => looks() >= 1);
      const before = (await handle.describe()).historyLength;
      await until(() => looks() >= 4);
      expect((await handle.describe()).historyLength).toBe(before);
    });
  });

  it('can be aborted: the settings go back', async () => {
    field.failAlways.set('waitForRescue', silent());
    await climbing(['hard-reset'], async (handle) => {
      await waiting(handle);
      await update(handle, messages.abort, { by });
      await expect(handle.result()).rejects.toThrow();
      expect(field.calls.at(-1)).toBe('restoreMonitoring');
    });
  });
});
