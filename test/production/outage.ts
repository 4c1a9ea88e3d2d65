import { setTimeout as sleep } from 'node:timers/promises';

import type { LiveStatus } from '../../src/client/live-status.ts';
import type { Phase } from '../../src/run/status.ts';
import type { Instance } from '../lab/instance.ts';
import type { Service } from './service.ts';

const lookMs = 500;
/** What `provision` and `watch` say of a loss, without a terminal. */
const lossWords = 'No news; the run goes on without us.';
const saidWithinMs = 20_000;
const seenWithinMs = 600_000;
/** Longer than one question of the CLI takes, so that the loss is seen. */
const awayAtLeastMs = 8_000;

/** Which service dies when. */
export type PlannedOutage = {
  what: 'PostgreSQL' | 'Temporal';
  service: Service;
  phase: Phase;
  /** Only once its work has come so far. */
  label?: RegExp;
};

/** What was seen of one outage. */
export type Outage = Pick<PlannedOutage, 'what' | 'phase'> & {
  awayMs: number;
  /** What `ironstep status` answered meanwhile, its exit code, and how long a person waited. */
  said: string;
  exitCode: number | null;
  saidAfterMs: number;
  /** From the kill to the word of it in the `ironstep provision` that follows; null: none. */
  watchSaidAfterMs: number | null;
  /** From the return of the service to the first answer about the run. */
  answeredAfterMs: number;
};

/**
 * Kills the service when the run is where the plan says, asks as a person would, and lets it back.
 * `heard` returns what the one who follows the run was told so far.
 */
export async function strike(
  instance: Instance,
  heard: () => string,
  plan: PlannedOutage,
): Promise<Outage> {
  const { what, service, phase, label } = plan;
  await untilRun(instance, (status) => {
    const runs = status.timeline.at(-1)?.phase === phase && status.state === 'running';
    return runs && (label?.test(status.progress?.label ?? '') ?? true);
  });
  const losses = () => heard().split(lossWords).length;
  const before = losses();
  const killedMs = performance.now();
  await service.kill();
  const askedMs = performance.now();
  const [answer, watchSaidAfterMs] = await Promise.all([
    instance.run('status', 'core1').then((ended) => {
      return { ...ended, afterMs: performance.now() - askedMs };
    }),
    untilSaid(() => losses() > before, killedMs),
  ]);
  await sleep(Math.max(0, awayAtLeastMs - (performance.now() - killedMs)));
  service.comeBack();
  const backMs = performance.now();
  await untilRun(instance, () => true);
  return {
    ...{ what, phase },
    awayMs: backMs - killedMs,
    said: answer.stdout + answer.stderr,
    exitCode: answer.exitCode,
    saidAfterMs: answer.afterMs,
    watchSaidAfterMs,
    answeredAfterMs: performance.now() - backMs,
  };
}

async function untilSaid(isSaid: () => boolean, sinceMs: number): Promise<number | null> {
  while (!isSaid()) {
    if (performance.now() - sinceMs > saidWithinMs) return null;
    await sleep(50);
  }
  return performance.now() - sinceMs;
}

/** Temporal may be away; a run that is over, or that nobody hears of, is an error. */
async function untilRun(
  instance: Instance,
  isThere: (status: LiveStatus) => boolean,
): Promise<void> {
  const untilMs = performance.now() + seenWithinMs;
  let last: string;
  do {
    try {
      const status = await instance.status('core1');
      if (isThere(status)) return;
      last = `${status.state}, ${status.timeline.at(-1)?.phase}, ${status.progress?.label}`;
      if (status.state !== 'running') break;
    } catch (error) {
      last = (error as Error).message;
    }
    await sleep(lookMs);
  } while (performance.now() < untilMs);
  throw new Error(`the run never came to where it was to be disturbed; last seen: ${last}`);
}
