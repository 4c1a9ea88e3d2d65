import { patched } from '@temporalio/workflow';

import type { ServerAccess, System } from '../run/plan.ts';
import { quick } from './activity-options.ts';
import type { Boots } from './boots.ts';
import { failedAttention } from './failed-attention.ts';
import type { PhaseFailure } from './phase-failure.ts';
import { inRescue } from './rescue-session.ts';
import type { ServerRun } from './server-run.ts';

/**
 * A system that this run has installed does not come up: the server goes back to rescue, what the
 * boot has left on the disk is read, and the run waits with it for a person. Anything else that
 * went wrong waits as it is.
 */
export async function parkForFirstBoot(
  run: ServerRun,
  access: ServerAccess,
  boots: Boots,
  failure: PhaseFailure,
): Promise<void> {
  const { server } = access.target;
  const { disk } = run.record.status;
  const silent = failure.type === 'ServerSilent' && run.diskState === 'installed';
  if (!silent || disk === undefined || !patched('first-boot-harvest')) {
    return run.person.waits(failedAttention(server, run.record.phase, failure));
  }
  const evidence = await inRescue(run, access, boots, (rescue: System) =>
    quick.harvestFirstBoot.executeWithOptions({ summary: 'read what the boot left on the disk' }, [
      access.target,
      rescue,
      { serial: disk.serial, wwn: '' },
    ]),
  );
  run.record.found(evidence);
  run.begin('first-boot');
  run.record.failed(failure.message, failure.type);
  const attention = failedAttention(server, 'first-boot', failure);
  const read = evidence.flatMap(({ title, lines }) => [
    `${title}:`,
    ...lines.slice(-shownLines).map((line) => `  ${line}`),
  ]);
  await run.person.waits({
    ...attention,
    detail: [
      ...attention.detail,
      'It runs rescue again, and what the boot has left on its disk was read:',
      ...read.map((line) => `  ${line}`),
    ],
  });
}

/** Of each section; all of it is in `ironstep status --json`. */
const shownLines = 8;
