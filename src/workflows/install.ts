import type { Selected } from '../activities/inspect.ts';
import type { Repartitioned } from '../activities/repartition.ts';
import type { SolvedLayout } from '../disk/layout.ts';
import type { RenderedConfig } from '../os/os-target.ts';
import type { Plan, System } from '../run/plan.ts';
import { formatSize } from '../spec/units.ts';
import { quick, working } from './activity-options.ts';
import { approveWipe } from './approve-wipe.ts';
import { repartition } from './repartition.ts';
import type { Boots } from './boots.ts';
import type { ServerRun } from './server-run.ts';
import { RunEnds } from './phase-failure.ts';

/** What is on the disk now. */
type Installed = {
  layout: SolvedLayout | null;
  /** The layout of the spec is reached. */
  finished: boolean;
  repartitioned: Repartitioned | null;
};

type RescueSession = { plan: Plan; boots: Boots; rescue: System };

/**
 * In rescue: look at the disks, get the yes for what dies, write the verified image. The disk may
 * boot only after the last write of this phase (invariant 3).
 */
export async function install(
  run: ServerRun,
  session: RescueSession & { config: RenderedConfig },
): Promise<Installed> {
  const { plan, config, boots, rescue } = session;
  const inspected = await inspect(run, session);
  if (inspected.installed) {
    run.note('the image is there already, by our own receipt: nothing is written again');
    run.diskState = 'installed';
    return goOn(run, session, inspected);
  }
  const lease = await run.phase(
    'approve',
    () => approveWipe(run, plan, inspected, rescue),
    () => `serial ${inspected.view.serial}, ${contents(inspected)}: ${run.person.approvedHow}`,
  );
  const written = await run.phase(
    'install',
    async () => {
      const attempt = run.record.attemptAtMs;
      const staged = await working.stageImage.executeWithOptions(
        { summary: `fetch and verify the image of Flatcar ${plan.release.version}` },
        [plan, rescue, attempt],
      );
      run.diskState = 'unbootable';
      const summary = `write image to ${lease.serial}`;
      return working.writeImage.executeWithOptions({ summary }, [
        { plan, config, rescue, lease, device: inspected.device, staged, attempt },
      ]);
    },
    (result) => `${formatSize(result.bytesWritten)} written, sha512 ok, bootable last`,
  );
  run.diskState = 'installed';
  boots.jobs.push(...written.jobs);
  return { layout: written.layout, finished: plan.apply !== 'shrink', repartitioned: null };
}

/**
 * On a disk where an earlier run has installed. When that run had begun to repartition, this is
 * finished before any system boots: ROOT may be half shrunk.
 */
async function goOn(
  run: ServerRun,
  session: RescueSession,
  { layout, repartitionBegun }: Selected,
): Promise<Installed> {
  if (session.plan.apply !== 'shrink') return { layout, finished: true, repartitioned: null };
  if (!repartitionBegun) return { layout, finished: false, repartitioned: null };
  const repartitioned = await repartition(run, session);
  return { layout: repartitioned.layout, finished: true, repartitioned };
}

async function inspect(run: ServerRun, { plan, rescue }: RescueSession): Promise<Selected> {
  return run.phase(
    'inspect',
    async () => {
      const inspected = await quick.inspect.executeWithOptions({ summary: 'look at the disks' }, [
        plan,
        rescue,
      ]);
      run.oldSystem = inspected.anyContents && run.diskState === 'untouched';
      if (inspected.kind === 'refused') throw new RunEnds('refused', inspected.message);
      run.record.showDisk(inspected.view);
      return inspected;
    },
    (inspected) => inspected.summary,
  );
}

function contents(inspected: Selected): string {
  return inspected.view.fingerprint === 'empty' ? 'empty' : 'with contents';
}
