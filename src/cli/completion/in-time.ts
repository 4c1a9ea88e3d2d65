import { setTimeout as sleep } from 'node:timers/promises';

/**
 * A person has pressed Tab: the program as a whole answers within 2 s. What is left of them is for
 * loading Temporal's client, which nothing interrupts, and for the end.
 */
const answersAtMs = 1_300;

/**
 * The names that `ask` tells; none when it fails (words about a profile that cannot be read would be
 * in the way) or when the process is too old. `ageMs`: its age now. The question may go on after the answer: who asked ends the process.
 */
export async function inTime(
  ask: () => Promise<string[]>,
  ageMs = performance.now(),
): Promise<string[]> {
  const answered = new AbortController();
  const timeIsOver = sleep(answersAtMs - ageMs, [], { signal: answered.signal });
  try {
    return await Promise.race([ask().catch(() => []), timeIsOver]);
  } finally {
    answered.abort();
  }
}
