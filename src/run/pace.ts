/**
 * Every wait and deadline of a run, in one place, inner shorter than outer. There is no deadline
 * over the whole run: a run waits for a person for as long as it takes (invariant 6).
 */
export type Pace = {
  /** Between two looks at a booting server: an SSH banner is a cheap question. */
  pollMs: number;
  /** One attempt of a waiting activity; then it gives its slot back and asks to be called again. */
  waitAttemptMs: number;
  /** A reset of unknown outcome is looked for that long: a new task shows within 5 minutes. */
  resetLookMs: number;
  /** Until a disk boot counts as failed. Servers with much RAM spend 10 minutes in firmware. */
  bootDeadlineMs: number;
  /** Until the first boot has finished its work; growing ROOT on a slow 2 TB disk takes minutes. */
  settleDeadlineMs: number;
  /** After an early end: until an old system, of whose keys nothing is known, answers again. */
  oldSystemDeadlineMs: number;
};

/** What a rented server needs; tests and the lab give shorter ones. */
export const defaultPace: Pace = {
  pollMs: 2_000,
  waitAttemptMs: 60_000,
  resetLookMs: 5 * 60_000,
  bootDeadlineMs: 20 * 60_000,
  settleDeadlineMs: 30 * 60_000,
  oldSystemDeadlineMs: 5 * 60_000,
};
