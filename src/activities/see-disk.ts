import type { BlockDevice } from '../disk/block-device.ts';
import { parseInspection } from '../disk/inspection.ts';
import type { Plan, System } from '../run/plan.ts';
import type { Answering, Reached } from '../run/server-plan.ts';
import type { Dependencies } from './dependencies.ts';
import { runningJobs } from './finish-jobs.ts';
import { doneOn, pickDisk } from './inspect.ts';
import { openSystem } from './open-system.ts';
import type { Recognised } from './recognise.ts';

/** Which system a plan may look through; `rescue-left` is one that was booted for it alone. */
export type Seen =
  | { kind: 'silent' | 'stranger' | 'run-under-way' }
  | { kind: 'rescue' | 'rescue-left'; system: System }
  | { kind: 'installed'; system: System; recognised: Recognised | null };

/** The disk of the spec as that system shows it; null when it cannot be looked at. */
export type SeenDisk = {
  answering: Answering;
  disk: BlockDevice | null;
  reached: Reached;
  repartitionBegun: boolean;
};

/**
 * The disk that the spec means, and how far an earlier run got on it. Read-only. Throws DiskNotFound,
 * DiskAmbiguous, DiskUnsuitable and LayoutDoesNotFit, as a run would.
 */
export async function seeDisk(
  dependencies: Dependencies,
  plan: Plan,
  seen: Seen,
): Promise<SeenDisk> {
  switch (seen.kind) {
    case 'silent':
    case 'stranger':
    case 'run-under-way':
      return { answering: { kind: seen.kind }, ...nothingSeen };
    case 'installed':
      return {
        ...nothingSeen,
        answering: { kind: 'installed' },
        disk: await readRunning(dependencies, plan, seen.system),
        reached: reachedBy(seen.recognised),
      };
    case 'rescue':
    case 'rescue-left':
      return readInRescue(dependencies, plan, seen.kind, seen.system);
  }
}

const nothingSeen = { disk: null, reached: 'nothing', repartitionBegun: false } as const;

function reachedBy(recognised: Recognised | null): Reached {
  if (recognised === null) return 'nothing';
  return recognised.finished ? 'everything' : 'image';
}

/**
 * In a system that is in use nothing is mounted to look for receipts, and that its disk is busy is no
 * reason to refuse: in rescue nothing uses it.
 */
async function readRunning(
  dependencies: Dependencies,
  plan: Plan,
  system: System,
): Promise<BlockDevice> {
  await using open = await openSystem(dependencies, plan.target, system);
  const inspection = parseInspection((await open.scripts.runOk('inspect', ['live'])).stdout);
  const devices = inspection.devices.map((device) => ({ ...device, busy: [] }));
  return pickDisk(plan, { ...inspection, devices });
}

/** While a job works there (its run may be gone), nothing is probed: it may need the disk alone. */
async function readInRescue(
  dependencies: Dependencies,
  plan: Plan,
  kind: 'rescue' | 'rescue-left',
  rescue: System,
): Promise<SeenDisk> {
  await using open = await openSystem(dependencies, plan.target, rescue);
  const jobs = (await runningJobs(open.scripts)).map(({ key }) => key);
  const answering: Answering = kind === 'rescue' ? { kind, jobs } : { kind };
  if (jobs.length > 0) return { answering, ...nothingSeen };
  const inspection = parseInspection((await open.scripts.runOk('inspect', [])).stdout);
  const disk = pickDisk(plan, inspection);
  const { installed, repartitionBegun } = doneOn(dependencies, plan, disk, inspection);
  const left = plan.apply === 'shrink' ? 'image' : 'everything';
  return { answering, disk, reached: installed ? left : 'nothing', repartitionBegun };
}
