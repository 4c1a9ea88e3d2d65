import { once } from 'node:events';

import type { LiveStatus } from '../client/live-status.ts';
import type { Clock } from './clock.ts';

/** Where a follower shows what it sees. */
export type Display = {
  show(status: LiveStatus): void;
  /** The connection is lost, or no worker answers; following goes on. */
  lost(error: Error): void;
};

/** How following ended. */
export type FollowEnd =
  | { kind: 'over'; status: LiveStatus }
  | { kind: 'waits'; status: LiveStatus }
  | { kind: 'interrupted' };

export type FollowOptions = {
  clock: Clock;
  /** Stop at the first need of a person: nobody watches a pipe. */
  stopWhenWaiting: boolean;
  interrupted: AbortSignal;
};

const refreshMs = 1_000;

/** A worker that is being replaced, or a laptop that changes its network, is back by then. */
const giveUpAfterMs = 120_000;

/**
 * Follows a run until it is over. Short losses of Temporal or of the worker are waited out; throws
 * TemporalUnreachable, TemporalNotWorking or NoWorker after two minutes of them. The run itself is
 * never touched.
 */
export async function follow(
  ask: () => Promise<LiveStatus>,
  display: Display,
  options: FollowOptions,
): Promise<FollowEnd> {
  const { clock, interrupted } = options;
  const abortion = interrupted.aborted ? Promise.resolve() : once(interrupted, 'abort');
  const interruption = abortion.then(() => ({ kind: 'interrupted' }) as const);
  let answeredAtMs = clock.nowMs();
  while (!interrupted.aborted) {
    const answer = await Promise.race([answerOf(ask), interruption]);
    if (answer.kind === 'interrupted') return answer;
    if (answer.kind === 'lost') {
      if (clock.nowMs() - answeredAtMs > giveUpAfterMs) throw answer.error;
      display.lost(answer.error);
    } else {
      const { status } = answer;
      answeredAtMs = clock.nowMs();
      display.show(status);
      if (status.state === 'waiting' && options.stopWhenWaiting) return { kind: 'waits', status };
      if (status.state !== 'running' && status.state !== 'waiting') return { kind: 'over', status };
    }
    await clock.sleep(refreshMs, interrupted);
  }
  return { kind: 'interrupted' };
}

type Answer = { kind: 'status'; status: LiveStatus } | { kind: 'lost'; error: Error };

/** Losses that pass by themselves are answers; anything else is thrown. */
async function answerOf(ask: () => Promise<LiveStatus>): Promise<Answer> {
  try {
    return { kind: 'status', status: await ask() };
  } catch (error) {
    const passes = [
      ...['TemporalUnreachable', 'TemporalNotWorking'],
      ...['NoWorker', 'NoWorkerOfVersion', 'RunStuck'],
    ];
    if (error instanceof Error && passes.includes(error.name)) return { kind: 'lost', error };
    throw error;
  }
}
