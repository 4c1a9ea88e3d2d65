import type { Progress } from '../../run/status.ts';

/** One observed change of a progress. */
export type Sample = { label: string; done: number; total: number; atMs: number };

/** How fast it goes, and how long it will take if it goes on like that. */
export type Rate = { perSecond: number; leftMs: number };

/** Older changes say little about now: disks are slower inside than outside. */
const windowMs = 60_000;
/** Two heartbeats close together would show a rate of nonsense. */
const shortestSpanMs = 2_000;

/**
 * The samples with one more observation. Heartbeats are throttled, so the same number seen again
 * is no news; another label, another total or a step back is another piece of work.
 */
export function observe(
  samples: readonly Sample[],
  progress: Progress | undefined,
  atMs: number,
): Sample[] {
  const { label, done, total } = progress ?? {};
  if (label === undefined || done === undefined || !total) return [];
  const sample: Sample = { label, done, total, atMs };
  const last = samples.at(-1);
  if (last === undefined || last.label !== label || last.total !== total || done < last.done) {
    return [sample];
  }
  if (done === last.done) return [...samples];
  const recent = samples.filter((each) => atMs - each.atMs <= windowMs);
  return [...(recent.length > 0 ? recent : [last]), sample];
}

/** The rate over the samples, or null while too little has been seen. */
export function rateOf(samples: readonly Sample[], nowMs: number): Rate | null {
  const first = samples.at(0);
  const last = samples.at(-1);
  if (first === undefined || last === undefined) return null;
  const spanMs = last.atMs - first.atMs;
  if (spanMs < shortestSpanMs || last.done <= first.done) return null;
  const perMs = (last.done - first.done) / spanMs;
  const leftMs = (last.total - last.done) / perMs - (nowMs - last.atMs);
  return { perSecond: perMs * 1000, leftMs: Math.max(0, leftMs) };
}
