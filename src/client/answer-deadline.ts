/** A person hears within 5 s of a command who is away; the last second is for saying it. */
const heardWithinMs = 4_000;
/** What a question gets at least: a program that loads slowly is no reason to give Temporal up. */
const atLeastMs = 2_000;

/**
 * Until when an answer is waited for, in milliseconds since the epoch. The questions of a command
 * share the 4 s after its process began, however many they are; later ones, of a program that
 * follows a run, have 4 s each.
 */
export function answerDeadline(nowMs: number, begunAtMs = performance.timeOrigin): number {
  const heardByMs = begunAtMs + heardWithinMs;
  return nowMs < heardByMs ? Math.max(heardByMs, nowMs + atLeastMs) : nowMs + heardWithinMs;
}
