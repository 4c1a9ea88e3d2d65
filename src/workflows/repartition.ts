import type { Repartitioned } from '../activities/repartition.ts';
import type { Plan, System } from '../run/plan.ts';
import { CancellationScope } from '@temporalio/workflow';

import { formatSize } from '../spec/units.ts';
import { quick, working } from './activity-options.ts';
import type { Boots } from './boots.ts';
import type { ServerRun } from './server-run.ts';

/**
 * In rescue: ROOT shrunk and the new partitions made, as one transaction (invariant 4). An abort
 * waits until it is finished: half a transaction is no place to stop.
 */
export async function repartition(
  run: ServerRun,
  { plan, boots, rescue }: { plan: Plan; boots: Boots; rescue: System },
): Promise<Repartitioned> {
  const size = plan.layout === null ? '' : formatSize(plan.layout.root);
  const repartitioned = await run.phase(
    'repartition',
    async () => {
      const attempt = run.record.attemptAtMs;
      const device = await quick.inspectInstalled.executeWithOptions(
        { summary: 'look at the disk again' },
        [plan, rescue],
      );
      return CancellationScope.nonCancellable(() =>
        working.repartition.executeWithOptions(
          { summary: `shrink ROOT to ${size} on ${device.serial}` },
          [{ plan, rescue, device, attempt }],
        ),
      );
    },
    (result) =>
      `ROOT ${size} · ${result.filesUnchanged} files unchanged, ${result.filesChanged} changed`,
  );
  boots.jobs.push(repartitioned.job);
  return repartitioned;
}
