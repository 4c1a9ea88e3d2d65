import { setTimeout as sleep } from 'node:timers/promises';

/** Waits until something is so; also outside of a test runner. Throws after `withinMs`. */
export async function until(
  judge: () => boolean | Promise<boolean>,
  withinMs = 10_000,
  everyMs = 25,
): Promise<void> {
  const endsAt = performance.now() + withinMs;
  while (!(await judge())) {
    if (performance.now() > endsAt)
      throw new Error(`not so within ${withinMs} ms: ${judge.toString()}`);
    await sleep(everyMs);
  }
}
