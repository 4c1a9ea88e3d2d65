/**
 * Every fixed limit of a run, inner before outer, in milliseconds: a step always gives up before
 * the one that waits for it, so that the person reads the inner reason. Waits that depend on the
 * server are in `pace.ts`. There is no limit over the whole run: it may wait days for a person.
 */
export const deadlines = {
  /** An SSH banner: a running sshd says it at once, a busy or emulated one within seconds. */
  bannerMs: 5_000,
  /** TCP, handshake and login: 0.5 to 2 s on an emulated machine (facts, lab). */
  connectMs: 20_000,
  /** One call of a provider's API; a PUT to a cancelled service was seen to hang for 10 minutes. */
  providerCallMs: 30_000,
  /** One command over SSH that does not wait for work: an upload, a question to a job. */
  commandMs: 60_000,

  /** A request that must not be repeated leaves this long after Temporal's yes, or not at all. */
  sendWithinMs: 5_000,
  /** Between two heartbeats of an activity, whatever it does. */
  beatMs: 2_500,
  /**
   * Without a heartbeat for so long the worker is dead: another attempt starts, a second later.
   * Together less than 15 s, within which a run goes on after the kill of its worker.
   */
  heartbeatMs: 11_000,

  /** One attempt of a short activity: a few calls or one connection, each at its limit. */
  quickAttemptMs: 5 * 60_000,
  /** All attempts: a provider's API that is down for longer is an incident for a person. */
  quickMs: 30 * 60_000,
  /** One attempt of a reset: two resets of unknown outcome, each looked for. */
  resetAttemptMs: 20 * 60_000,
  /** One attempt of preflight, which may stream an image to check a detached signature. */
  preflightAttemptMs: 20 * 60_000,
  preflightMs: 40 * 60_000,
  /** One attempt of a wait looks for `pace.waitAttemptMs` and the end of its last look. */
  waitAttemptMs: 10 * 60_000,
  /** A server that cannot be reached in the middle of its work; its job may still run. */
  unreachableMs: 10 * 60_000,
  /** Watching a job on the host. Shrinking 2 TB of slow disk with data to move takes hours. */
  workAttemptMs: 12 * 3_600_000,
  /** A server that was reset by a power cut boots rescue by itself: that long is waited first. */
  comesBackMs: 4 * 60_000,
} as const;
