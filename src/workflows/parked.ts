import type { KnownSystems, Surroundings } from '../run/answering.ts';
import type { ServerAccess } from '../run/plan.ts';
import { rescueAttention } from '../run/rescue-attention.ts';
import { quick, waiting } from './activity-options.ts';
import type { Boots } from './boots.ts';
import { failedAttention } from './failed-attention.ts';
import type { PhaseFailure } from './phase-failure.ts';
import type { ServerRun } from './server-run.ts';

/**
 * A rescue that did not come up: the run waits for a person, and beside it looks for the rescue
 * system by itself. True when that came up, and is the system that answers now. What failed before
 * any rung was climbed (the provider refuses us, say) only a person mends.
 */
export async function parkForRescue(
  run: ServerRun,
  access: ServerAccess,
  boots: Boots,
  failure: PhaseFailure,
): Promise<boolean> {
  const { server } = access.target;
  const { seen, climbed } = boots;
  if (seen === null) {
    await run.person.waits(failedAttention(server, 'rescue', failure));
    return false;
  }
  const attention = rescueAttention({ server, failure, climbed, seen });
  const end = await run.person.waitsOr(attention, () =>
    waiting.watchParked.executeWithOptions({ summary: 'look for rescue, now and then' }, [
      access.target,
      {
        sentAtMs: boots.lastResetMs ?? Date.now(),
        mailWatermark: boots.mailWatermark ?? null,
        authorizedKeys: run.request.ssh.authorizedKeys,
        untilProviderIdle: failure.type === 'ProviderBusy',
        pace: run.pace,
      },
    ]),
  );
  if (end?.kind !== 'rescue') return false;
  boots.last = end.system;
  boots.known = true;
  run.answers(end.system);
  return true;
}

/** Which system answers now, shown at once, and what the provider does with the server. */
export async function lookAround(
  run: ServerRun,
  { target }: ServerAccess,
  boots: Boots,
  when: 'before the reset' | 'instead',
): Promise<Surroundings> {
  const known: KnownSystems = {
    bootIds: boots.ids,
    bootedAfterMs: boots.lastResetMs,
    oldHostKey: boots.oldHostKey,
    installed: run.diskState === 'installed',
    diskSerial: run.record.status.disk?.serial ?? null,
  };
  const summary = `which system answers ${when}`;
  const seen = await quick.lookAround.executeWithOptions({ summary }, [target, known]);
  run.sees(seen.answering);
  return seen;
}
