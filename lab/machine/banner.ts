import { setTimeout as sleep } from 'node:timers/promises';

import { probeBanner } from '../../src/ssh/probe.ts';

const everyMs = 250;
const probeMs = 1_000;

/**
 * Waits for an SSH banner until the signal says stop. A TCP connect would prove nothing: QEMU's
 * user network accepts before the guest listens. Returns false when it was stopped.
 */
export async function waitForBanner(
  address: string,
  port: number,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    for (;;) {
      const probe = await probeBanner(address, port, probeMs, signal);
      if (probe.kind === 'banner') return true;
      await sleep(everyMs, undefined, { signal });
    }
  } catch (error) {
    if (signal.aborted) return false;
    throw error;
  }
}
