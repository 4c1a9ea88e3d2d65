import { expect, test } from 'vitest';

import { ready, refused, shrinking, waitingForApproval } from '../../test/fixtures/example-runs.ts';
import { NoSuchRun, NoWorker } from '../client/client-errors.ts';
import type { LiveStatus } from '../client/live-status.ts';
import { TemporalUnreachable } from '../run/temporal-errors.ts';
import type { Clock } from './clock.ts';
import { follow } from './follow.ts';

type Answer = LiveStatus | Error;

/** Answers one after the other, the last one for ever; time passes only in sleeps. */
function following(answers: Answer[], options: { stopWhenWaiting?: boolean } = {}) {
  const shown: string[] = [];
  const interruption = new AbortController();
  let nowMs = 0;
  let asked = 0;
  const clock: Clock = {
    nowMs: () => nowMs,
    sleep: async (durationMs) => {
      nowMs += durationMs;
    },
  };
  const ask = async () => {
    const answer = answers[Math.min(asked, answers.length - 1)];
    asked += 1;
    if (answer === undefined || answer instanceof Error) throw answer;
    return answer;
  };
  const display = {
    show: (status: LiveStatus) => void shown.push(status.state),
    lost: (error: Error) => void shown.push(error.name),
  };
  const end = () =>
    follow(ask, display, {
      clock,
      stopWhenWaiting: options.stopWhenWaiting ?? false,
      interrupted: interruption.signal,
    });
  return { end, shown, interruption, elapsedMs: () => nowMs };
}

test('follows until the run is over', async () => {
  const { end, shown } = following([shrinking, shrinking, ready]);
  expect(await end()).toEqual({ kind: 'over', status: ready });
  expect(shown).toEqual(['running', 'running', 'ready']);
});

test('with a person in front of it, it goes on while the run waits for that person', async () => {
  const { end, shown } = following([waitingForApproval, waitingForApproval, shrinking, refused]);
  expect(await end()).toMatchObject({ kind: 'over' });
  expect(shown).toEqual(['waiting', 'waiting', 'running', 'refused']);
});

test('with nobody in front of it, it ends when the run waits for a person', async () => {
  const { end } = following([shrinking, waitingForApproval], { stopWhenWaiting: true });
  expect(await end()).toEqual({ kind: 'waits', status: waitingForApproval });
});

test('a worker and a Temporal that are away for a while are waited out', async () => {
  const away = [new NoWorker('core1'), new TemporalUnreachable('localhost:7233')];
  const { end, shown } = following([shrinking, ...away, shrinking, ready]);
  expect(await end()).toMatchObject({ kind: 'over' });
  const losses = ['NoWorker', 'TemporalUnreachable'];
  expect(shown).toEqual(['running', ...losses, 'running', 'ready']);
});

test('after two minutes without an answer it gives up and says what to start', async () => {
  const { end, elapsedMs } = following([shrinking, new TemporalUnreachable('localhost:7233')]);
  await expect(end()).rejects.toThrow('ironstep dev');
  expect(elapsedMs()).toBeGreaterThanOrEqual(120_000);
});

test('what does not pass by itself ends it at once', async () => {
  const { end, elapsedMs } = following([new NoSuchRun('core9', ['core1'])]);
  await expect(end()).rejects.toThrow('There is no run of core9. Servers with a run: core1.');
  expect(elapsedMs()).toBe(0);
});

test('Ctrl-C ends it even while a question is open', async () => {
  const interruption = new AbortController();
  const never = () => new Promise<LiveStatus>(() => undefined);
  const end = follow(
    never,
    { show: () => undefined, lost: () => undefined },
    {
      clock: { nowMs: () => 0, sleep: async () => undefined },
      stopWhenWaiting: false,
      interrupted: interruption.signal,
    },
  );
  interruption.abort();
  expect(await end).toEqual({ kind: 'interrupted' });
});
