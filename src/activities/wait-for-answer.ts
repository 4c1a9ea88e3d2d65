import { setTimeout as sleep } from 'node:timers/promises';

import { activityInfo, cancellationSignal } from '@temporalio/activity';
import { z } from 'zod';

import { deadlines } from '../run/deadlines.ts';
import type { Pace } from '../run/pace.ts';
import type { RunTarget } from '../run/plan.ts';
import { probeBanner } from '../ssh/probe.ts';
import { beat } from './beat.ts';
import { notYet } from './not-yet.ts';

/** A question that is asked of a booting server until it has an answer. */
type Question<Answer> = {
  target: RunTarget;
  pace: Pace;
  /** Epoch milliseconds; past it `silent` is thrown. */
  deadlineMs: number;
  /** Asked each time an SSH banner is seen; a string says what was seen instead. */
  look: (answeredAtMs: number) => Promise<Answer | Another | string>;
  silent: (seen: string) => Error;
  /** What a later attempt has to know, besides what was seen. */
  word?: () => object | null;
};

/**
 * Another system has booted than the one waited for. When it answers for `pace.anotherSystemMs`
 * without a break, the wait is over: only the next reset can help.
 */
export type Another = { another: string };

/** What an attempt leaves for the next one: since when another system answers. */
const wordSchema = z.object({ anotherSinceMs: z.number() });

/**
 * Looks at the SSH port until `look` finds what it waits for. One attempt of the activity looks
 * for `pace.waitAttemptMs`, then throws a benign "not yet": polling costs no history, and a slot of
 * the worker is not held for hours.
 */
export async function waitForAnswer<Answer extends object>(
  question: Question<Answer>,
): Promise<Answer> {
  const { target, pace } = question;
  const signal = cancellationSignal();
  const attemptEndsMs = Date.now() + pace.waitAttemptMs;
  let seen = 'nothing answers';
  let anotherSinceMs = wordSchema.safeParse(activityInfo().heartbeatDetails).data?.anotherSinceMs;
  for (;;) {
    const probe = await probeBanner(target.address, target.sshPort, deadlines.bannerMs);
    if (probe.kind === 'banner') {
      const answer = await question.look(Date.now());
      if (typeof answer === 'string') {
        seen = answer;
        anotherSinceMs = undefined;
      } else if ('another' in answer) {
        seen = answer.another;
        anotherSinceMs ??= Date.now();
      } else {
        return answer;
      }
    } else {
      anotherSinceMs = undefined;
      const closed = `SSH port ${target.sshPort} is closed (ssh.port of the spec)`;
      seen = probe.kind === 'refused' ? closed : 'nothing answers';
    }
    beat({ label: seen, anotherSinceMs, ...question.word?.() });
    const settled = Date.now() - (anotherSinceMs ?? Infinity) > pace.anotherSystemMs;
    if (settled || Date.now() > question.deadlineMs) throw question.silent(seen);
    if (Date.now() > attemptEndsMs) throw notYet(seen, pace.pollMs);
    await sleep(pace.pollMs, undefined, { signal });
  }
}
