import type { Verified } from '../activities/verify.ts';
import type { SolvedLayout } from '../disk/layout.ts';
import type { Plan, System } from '../run/plan.ts';
import { waiting } from './activity-options.ts';
import type { ServerRun } from './server-run.ts';

/** Layout, filesystems and mounts compared with the spec, from inside the OS. */
export async function verify(
  run: ServerRun,
  plan: Plan,
  system: System,
  layout: SolvedLayout | null,
): Promise<Verified> {
  return run.phase(
    'verify',
    () =>
      waiting.verify.executeWithOptions({ summary: 'compare the system with the spec' }, [
        plan,
        system,
        layout,
        { sinceMs: Date.now(), deadlineMs: run.pace.settleDeadlineMs, pace: run.pace },
      ]),
    ({ partitions }) =>
      `${partitions.length === 1 ? 'ROOT' : `all ${partitions.length} partitions`} as the spec says`,
  );
}
