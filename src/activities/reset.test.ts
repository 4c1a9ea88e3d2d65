import { MockActivityEnvironment } from '@temporalio/testing';
import { expect, it } from 'vitest';

import { ProviderOutcomeUnknown } from '../providers/provider-error.ts';
import type { Provider, ProviderTask } from '../providers/provider.ts';
import type { RunTarget } from '../run/plan.ts';
import type { Dependencies } from './dependencies.ts';
import { createResetActivities } from './reset.ts';

const target: RunTarget = {
  server: 'core1',
  provider: { kind: 'ovh', service: 'ns1', account: 'lab' },
  address: '127.0.0.1',
  sshPort: 22,
};

function task(taskId: number, state: ProviderTask['state'] = 'pending'): ProviderTask {
  return { taskId, kind: 'hardReboot', state, providerState: 'doing', comment: null };
}

/** A provider that knows resets by number and counts what was sent to it. */
function activitiesOver(behaviour: Partial<Provider>) {
  const provider = async (): Promise<Provider> => behaviour as Provider;
  return createResetActivities({ provider } as Partial<Dependencies> as Dependencies);
}

type Reset = { task: ProviderTask; sentAtMs: number };

async function sendReset(behaviour: Partial<Provider>): Promise<Reset> {
  const resets = activitiesOver(behaviour);
  return new MockActivityEnvironment().run(() => resets.hardReset(target, 7));
}

it('sends a reset when there is none after the watermark', async () => {
  let sent = 0;
  const reset = await sendReset({
    findReset: async () => null,
    hardReset: async () => task(7 + ++sent),
  });
  expect(reset.task.taskId).toBe(8);
  expect(sent).toBe(1);
});

it('takes a reset after the watermark for its own: an attempt before this one sent it', async () => {
  let sent = 0;
  const reset = await sendReset({
    findReset: async () => task(8),
    hardReset: async () => task(9 + ++sent),
  });
  expect(reset.task.taskId).toBe(8);
  expect(sent).toBe(0);
});

it('looks for the reset whose answer was lost instead of sending another', async () => {
  const found = [null, task(8)];
  const reset = await sendReset({
    findReset: async () => found.shift() ?? null,
    hardReset: () => Promise.reject(new ProviderOutcomeUnknown('the connection was reset')),
  });
  expect(reset.task.taskId).toBe(8);
});

it('does not send again blindly when the outcome stays unknown', async () => {
  let sent = 0;
  const sending = sendReset({
    findReset: async () => null,
    hardReset: () => {
      sent += 1;
      return Promise.reject(new ProviderOutcomeUnknown('the connection was reset'));
    },
  });
  await expect(sending).rejects.toThrow(ProviderOutcomeUnknown);
  expect(sent).toBe(1);
});

it('a pending task is a benign "not yet", a failed one says what to do', async () => {
  const pace = {
    pollMs: 5,
    waitAttemptMs: 5,
    bootDeadlineMs: 5,
    settleDeadlineMs: 5,
    oldSystemDeadlineMs: 5,
  };
  const ask = (state: ProviderTask['state']) => {
    const resets = activitiesOver({ task: async () => task(8, state) });
    const about = { taskId: 8, sentAtMs: 0 };
    return new MockActivityEnvironment().run(() => resets.waitForTask(target, about, pace));
  };
  await expect(ask('pending')).rejects.toMatchObject({ type: 'NotYet', category: 'BENIGN' });
  await expect(ask('failed')).rejects.toThrow(/Nothing more was sent/);
  await expect(ask('done')).resolves.toMatchObject({ taskId: 8 });
});
