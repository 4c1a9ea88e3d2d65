import type { ProvisionRequest } from '../contract.ts';
import type { Report } from '../run/status.ts';
import { patient } from './activity-options.ts';
import { bootDisk } from './boot-disk.ts';
import { endEarly, type Entered } from './ending.ts';
import { proveFirstBoot } from './first-boot.ts';
import { handOver } from './handover.ts';
import { install } from './install.ts';
import { repartition } from './repartition.ts';
import { inRescue, type Boots } from './rescue-session.ts';
import { RunEnds, ServerRun } from './server-run.ts';
import { saveSettings } from './settings.ts';
import { verify } from './verify.ts';

/**
 * Turns one rented server into an immutable container host: the job of DESIGN.md, a line a phase.
 */
export async function provisionServer(request: ProvisionRequest): Promise<Report> {
  const run = new ServerRun(request);
  const boots: Boots = { ids: [], waitedMs: 0, jobs: [], last: null };
  let entered: Entered = null;
  try {
    return await run.untilAborted(async () => {
      const { plan, config } = await run.phase(
        'preflight',
        () => patient.preflight.executeWithOptions({ summary: 'look before anything' }, [request]),
        (found) => found.plan.summary,
      );
      run.planned(plan);
      const snapshot = await saveSettings(run, plan);
      entered = { plan, snapshot, boots };

      const installed = await inRescue(run, plan, boots, (rescue) =>
        install(run, { plan, config, boots, rescue }),
      );
      const firstBoot = await proveFirstBoot(run, plan, await bootDisk(run, plan, boots));
      const repartitioned =
        plan.apply === 'shrink'
          ? await inRescue(run, plan, boots, (rescue) => repartition(run, { plan, boots, rescue }))
          : null;
      const system = repartitioned === null ? firstBoot.system : await bootDisk(run, plan, boots);
      const layout = repartitioned?.layout ?? installed.layout;
      const verified = await verify(run, plan, system, layout);
      return handOver(run, { plan, snapshot, boots, system, firstBoot, repartitioned, verified });
    });
  } catch (error) {
    if (error instanceof RunEnds) return endEarly(run, entered, error);
    throw error;
  }
}
