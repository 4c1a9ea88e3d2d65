import { ActivityNotFoundError } from '@temporalio/client';
import { MockActivityEnvironment } from '@temporalio/testing';
import { describe, expect, it } from 'vitest';

import { ProviderOutcomeUnknown, ProviderUnavailable } from '../providers/provider-error.ts';
import type { Provider, ProviderTask, WorkUnderWay } from '../providers/provider.ts';
import { deadlines } from '../run/deadlines.ts';
import { defaultPace, type Pace } from '../run/pace.ts';
import type { RunTarget } from '../run/plan.ts';
import type { Dependencies } from './dependencies.ts';
import { createResetActivities, type Reset } from './reset.ts';
import { ProviderBusy } from './run-errors.ts';

const target: RunTarget = {
  server: 'core1',
  provider: { kind: 'ovh', service: 'ns1', account: 'lab' },
  address: '127.0.0.1',
  sshPort: 22,
};

function task(taskId: number, state: ProviderTask['state'] = 'pending'): ProviderTask {
  return { taskId, kind: 'hardReboot', state, providerState: 'doing', comment: null };
}

const idle: WorkUnderWay = { tasks: [], interventions: [] };

/** Looks end when the reset shows, however slow this machine is. */
const pace: Pace = { ...defaultPace, pollMs: 5, resetLookMs: 60_000 };
/** For a reset that never shows. */
const shortLook: Pace = { ...pace, resetLookMs: 25 };

/** One attempt of the reset over a provider; `earlier` is the word that an attempt before left. */
async function sendReset(
  behaviour: Partial<Provider>,
  options: {
    earlier?: object;
    notBeforeMs?: number;
    work?: WorkUnderWay;
    scheduledAtMs?: number;
    confirm?: (details: unknown) => Promise<void>;
    pace?: Pace;
  } = {},
): Promise<Reset> {
  const capabilities = {
    bootSelection: 'sticky',
    resetTracking: 'task',
    credentialChannels: [],
  } as const;
  const workUnderWay = async () => options.work ?? idle;
  const dependencies: Partial<Dependencies> = {
    provider: async () => ({ capabilities, workUnderWay, ...behaviour }) as Provider,
    confirmAttempt: options.confirm ?? (async () => {}),
  };
  const resets = createResetActivities(dependencies as Dependencies);
  const attempt = new MockActivityEnvironment({
    heartbeatDetails: options.earlier,
    scheduledTimestampMs: options.scheduledAtMs ?? Date.now(),
  });
  return attempt.run(() =>
    resets.hardReset(target, 7, options.pace ?? pace, options.notBeforeMs ?? 0),
  );
}

const unknown = () => Promise.reject(new ProviderOutcomeUnknown('the connection was reset'));

it('sends a reset when there is none after the watermark, and leaves word before it', async () => {
  const order: string[] = [];
  const reset = await sendReset(
    {
      findReset: async () => null,
      hardReset: async () => {
        order.push('sent');
        return task(8);
      },
    },
    { confirm: async (details) => void order.push(Object.keys(details as object).join()) },
  );
  expect(reset.task?.taskId).toBe(8);
  expect(order).toEqual(['sends,sendingAtMs', 'sent']);
});

it('a worker that wakes up late sends nothing: another attempt has taken over', async () => {
  let sent = 0;
  const sending = sendReset(
    { findReset: async () => null, hardReset: async () => task(7 + ++sent) },
    { confirm: () => Promise.reject(new ActivityNotFoundError('not found')) },
  );
  await expect(sending).rejects.toThrow(ActivityNotFoundError);
  expect(sent).toBe(0);
});

it('what is sent must leave within seconds of the confirmation', async () => {
  let within = 0;
  await sendReset({
    findReset: async () => null,
    hardReset: async (sendByMs) => {
      within = sendByMs - Date.now();
      return task(8);
    },
  });
  expect(within).toBeLessThanOrEqual(deadlines.sendWithinMs);
});

it('takes a reset after the watermark for its own: an attempt before this one sent it', async () => {
  let sent = 0;
  const reset = await sendReset({
    findReset: async () => task(8),
    hardReset: async () => task(9 + ++sent),
  });
  expect(reset.task?.taskId).toBe(8);
  expect(sent).toBe(0);
});

it('looks again and again for the reset whose answer was lost', async () => {
  const found = [null, null, null, task(8)];
  let sent = 0;
  const reset = await sendReset({
    findReset: async () => found.shift() ?? null,
    hardReset: () => {
      sent += 1;
      return unknown();
    },
  });
  expect(reset.task?.taskId).toBe(8);
  expect(sent).toBe(1);
});

it('looks for the reset of a worker that died, before it sends one', async () => {
  const found = [null, null, task(8)];
  let sent = 0;
  const reset = await sendReset(
    { findReset: async () => found.shift() ?? null, hardReset: async () => task(9 + ++sent) },
    { earlier: { sends: 1, sendingAtMs: Date.now() } },
  );
  expect(reset.task?.taskId).toBe(8);
  expect(sent).toBe(0);
});

it('sends once more when the first left no trace, and then asks a person', async () => {
  let sent = 0;
  const never: Partial<Provider> = {
    findReset: async () => null,
    hardReset: () => {
      sent += 1;
      return unknown();
    },
  };
  const sending = sendReset(never, { pace: shortLook });
  await expect(sending).rejects.toThrow(/2 hard resets of core1 were sent/);
  expect(sent).toBe(2);
});

it('without tracking by the provider, unknown means sent', async () => {
  const capabilities = {
    bootSelection: 'one-shot',
    resetTracking: 'none',
    credentialChannels: [],
  } as const;
  const findReset = async () => null;
  const reset = await sendReset({ capabilities, findReset, hardReset: unknown });
  expect(reset.task).toBeNull();
});

it('a call that was never made leaves no word: the next attempt need not look for it', async () => {
  const words: unknown[] = [];
  const attempt = new MockActivityEnvironment();
  attempt.on('heartbeat', (details) => words.push(details));
  const provider = async () =>
    ({
      capabilities: { bootSelection: 'sticky', resetTracking: 'task', credentialChannels: [] },
      findReset: async () => null,
      workUnderWay: async () => idle,
      hardReset: () => Promise.reject(new ProviderUnavailable('nothing listens')),
    }) as Partial<Provider> as Provider;
  const dependencies: Partial<Dependencies> = { provider, confirmAttempt: async () => {} };
  const resets = createResetActivities(dependencies as Dependencies);
  const sending = attempt.run(() => resets.hardReset(target, 7, pace));
  await expect(sending).rejects.toThrow(ProviderUnavailable);
  expect(words.at(-1)).toBeNull();
});

it('a pending task is a benign "not yet", a failed one says what to do', async () => {
  const ask = (state: ProviderTask['state'], sentAtMs = Date.now()) => {
    const provider = async () => ({ task: async () => task(8, state) }) as Partial<Provider>;
    const resets = createResetActivities({ provider } as Partial<Dependencies> as Dependencies);
    const about = { taskId: 8, sentAtMs };
    return new MockActivityEnvironment().run(() => resets.waitForTask(target, about, pace));
  };
  await expect(ask('pending')).rejects.toMatchObject({ type: 'NotYet', category: 'BENIGN' });
  await expect(ask('pending', 0)).rejects.toThrow(ProviderBusy);
  await expect(ask('failed')).rejects.toThrow(/Nothing more was sent/);
  await expect(ask('done')).resolves.toMatchObject({ taskId: 8 });
});

describe('before a reset is sent', () => {
  const never: Partial<Provider> = {
    findReset: async () => null,
    hardReset: () => Promise.reject(new Error('a reset was sent')),
  };

  it("the provider's tasks are waited for", async () => {
    const work = { tasks: [task(5)], interventions: [] };
    await expect(sendReset(never, { work })).rejects.toMatchObject({
      type: 'NotYet',
      message: 'no reset while task 5 (hardReboot) is doing',
    });
  });

  it('a task that does not end is told to a person', async () => {
    const work = { tasks: [task(5)], interventions: [] };
    const stuck = sendReset(never, { work, scheduledAtMs: Date.now() - 61 * 60_000 });
    await expect(stuck).rejects.toThrow(ProviderBusy);
  });

  it('a technician is not raced', async () => {
    const work = { tasks: [], interventions: ['intervention 55812 is doing'] };
    await expect(sendReset(never, { work })).rejects.toThrow(/intervention 55812 is doing/);
    await expect(sendReset(never, { work })).rejects.toThrow(ProviderBusy);
  });

  it('the last one is long past', async () => {
    const early = sendReset(never, { notBeforeMs: Date.now() + 60_000 });
    await expect(early).rejects.toMatchObject({ type: 'NotYet' });
  });

  it('none of this holds for one that was sent already: it is found', async () => {
    const work = { tasks: [task(8)], interventions: [] };
    const found = { ...never, findReset: async () => task(8) };
    await expect(sendReset(found, { work })).resolves.toMatchObject({ task: { taskId: 8 } });
  });
});
