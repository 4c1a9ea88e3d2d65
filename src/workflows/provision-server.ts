import { serverRequestOf, type ProvisionRequest } from '../contract.ts';
import type { Report } from '../run/status.ts';
import { toItsEnd } from './ending.ts';
import { proveFirstBoot } from './first-boot.ts';
import { handOver } from './handover.ts';
import { install } from './install.ts';
import { inInstalled } from './installed-system.ts';
import { preflight } from './preflight.ts';
import { repartition } from './repartition.ts';
import { noBoots } from './boots.ts';
import { inRescue } from './rescue-session.ts';
import { ServerRun } from './server-run.ts';
import { verify } from './verify.ts';

/**
 * Turns one rented server into an immutable container host: the job of DESIGN.md, a line a phase.
 */
export async function provisionServer(request: ProvisionRequest): Promise<Report> {
  const run = new ServerRun('provision', serverRequestOf(request), request);
  const boots = noBoots();
  return toItsEnd(run, async (entered) => {
    const { plan, config, snapshot, recognised } = await preflight(run, request, boots);
    entered({ access: plan, snapshot, boots });
    const installed =
      recognised ??
      (await inRescue(run, plan, boots, (rescue) => install(run, { plan, config, boots, rescue })));
    const firstBoot = await inInstalled(run, plan, boots, (system) =>
      proveFirstBoot(run, plan, system),
    );
    const repartitioned = installed.finished
      ? installed.repartitioned
      : await inRescue(run, plan, boots, (rescue) => repartition(run, { plan, boots, rescue }));
    const layout = repartitioned?.layout ?? installed.layout;
    return inInstalled(run, plan, boots, async (system) => {
      const verified = await verify(run, plan, system, layout);
      const learned = { plan, snapshot, boots, firstBoot, repartitioned };
      return handOver(run, { ...learned, system, verified });
    });
  });
}
