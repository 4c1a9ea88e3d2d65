import { setTimeout as sleep } from 'node:timers/promises';

/** Time as commands see it; a test has its own. */
export type Clock = {
  nowMs(): number;
  /** Ends early, without an error, when the signal is aborted. */
  sleep(durationMs: number, signal: AbortSignal): Promise<void>;
};

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  sleep: async (durationMs, signal) => {
    await sleep(durationMs, undefined, { signal }).catch(() => undefined);
  },
};
