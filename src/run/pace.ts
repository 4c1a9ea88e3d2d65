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
  /** Between two resets of one server, at least. */
  resetIntervalMs: number;
  /** A task of the provider that takes longer is stuck: real reboots took 1 to 3 minutes. */
  taskStuckMs: number;
  /** Another system that answers for so long after a reset is what has booted. */
  anotherSystemMs: number;
  /** Between two questions to the provider about what it does with the server. */
  providerLookMs: number;
  /** The looks at a server whose run is parked begin so far apart, */
  parkedLookMs: number;
  /** and grow to this, so that waiting for days costs nothing. */
  parkedLookMaxMs: number;
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
  resetIntervalMs: 10 * 60_000,
  taskStuckMs: 60 * 60_000,
  anotherSystemMs: 5 * 60_000,
  providerLookMs: 15_000,
  parkedLookMs: 15_000,
  parkedLookMaxMs: 2 * 60_000,
  bootDeadlineMs: 20 * 60_000,
  settleDeadlineMs: 30 * 60_000,
  oldSystemDeadlineMs: 5 * 60_000,
};
