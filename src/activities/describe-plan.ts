import { cancellationSignal } from '@temporalio/activity';

import { diskIdentity, type BlockDevice } from '../disk/block-device.ts';
import { diskView } from '../disk/disk-view.ts';
import { parseInspection } from '../disk/inspection.ts';
import { plannedLayout } from '../disk/planned-layout.ts';
import { selectDisk } from '../disk/select-disk.ts';
import type { ServerDescription } from '../providers/provider.ts';
import type { Plan, System } from '../run/plan.ts';
import type { Answering, ServerPlan } from '../run/server-plan.ts';
import type { Dependencies } from './dependencies.ts';
import { hardwareInWords } from './hardware-words.ts';
import { openSystem } from './open-system.ts';
import type { Recognised } from './recognise.ts';

/** What was found out about the server before the plan is described. */
export type PlanFindings = {
  plan: Plan;
  /** The system that answers under a pinned key; null: none, or a run must not be disturbed. */
  system: System | null;
  recognised: Recognised | null;
  runUnderWay: boolean;
};

/** From a boot order to the SSH banner on a rented server: 2 to 10 minutes were seen (facts §2). */
const minutesPerBoot = 6;
/** Fetching, verifying and writing an image; growing or shrinking a filesystem of a slow disk. */
const minutesOfWork = { presize: 8, 'whole-disk': 8, shrink: 20 } as const;
const bootsOf = { presize: 2, 'whole-disk': 2, shrink: 4 } as const;

/** What a run would do, for a person to read before it is begun. */
export function createDescribePlanActivities(dependencies: Dependencies) {
  return {
    /** Puts together what is known, with the disks where a system lets us read them. Read-only. */
    async describePlan(findings: PlanFindings): Promise<ServerPlan> {
      const { plan, system } = findings;
      const { target, release, apply } = plan;
      const provider = await dependencies.provider(target.provider);
      const described = await provider.describe(cancellationSignal());
      const device = system === null ? null : await readDisk(dependencies, plan, system);
      const answering = answeringOf(findings);
      const asSpecified = answering.kind === 'installed' && answering.asSpecified;
      return {
        server: target.server,
        provider: target.provider.kind,
        service: target.provider.service,
        account: target.provider.account,
        address: described.address,
        datacenter: described.datacenter,
        apply,
        ...effort(answering, apply),
        image: {
          version: release.version,
          channel: release.channel,
          sha512: release.sha512,
          signedBy: release.signedBy,
        },
        hardware: hardwareInWords(described),
        answering,
        disk: device === null || asSpecified ? null : diskView(device, plan.layout),
        layout: plannedLayout(plan.layout, device?.sizeBytes ?? largestDiskBytes(described), {
          roughly: device === null,
        }),
        wipe: device === null || asSpecified ? null : wipeOf(device),
        settings: settingsToChange(described),
        warnings: plan.warnings,
      };
    },
  };
}

/** A disk in use is no reason to refuse a plan: in rescue nothing uses it. */
async function readDisk(
  dependencies: Dependencies,
  plan: Plan,
  system: System,
): Promise<BlockDevice> {
  await using open = await openSystem(dependencies, plan.target, system);
  const { stdout } = await open.scripts.runOk('inspect', ['shallow']);
  const devices = parseInspection(stdout).devices.map((device) => ({ ...device, busy: [] }));
  return selectDisk(devices, plan.disk, { server: plan.target.server, minBytes: 0 });
}

function answeringOf({ system, recognised, runUnderWay }: PlanFindings): Answering {
  if (runUnderWay) return { kind: 'run-under-way' };
  if (system === null) return { kind: 'nothing-known' };
  if (system.kind === 'rescue') return { kind: 'rescue' };
  const finished = recognised?.finished ?? false;
  return { kind: 'installed', asSpecified: recognised !== null, finished };
}

/** A server that runs what is asked for is only verified, or only shrunk. */
function effort(answering: Answering, apply: Plan['apply']): { boots: number; minutes: number } {
  const there = answering.kind === 'installed' && answering.asSpecified;
  if (there && answering.finished) return { boots: 0, minutes: 1 };
  const boots = there ? 2 : bootsOf[apply];
  return { boots, minutes: boots * minutesPerBoot + minutesOfWork[apply] };
}

function wipeOf(device: BlockDevice): string {
  const { fingerprint } = device;
  const identity = diskIdentity(device);
  return fingerprint === 'empty' ? identity : `${identity}:${fingerprint}`;
}

function largestDiskBytes({ hardware }: ServerDescription): number | null {
  const sizes = hardware?.disks.map((disk) => disk.sizeBytes) ?? [];
  return sizes.length === 0 ? null : Math.max(...sizes);
}

function settingsToChange(described: ServerDescription): ServerPlan['settings'] {
  const { monitoring, bootTarget } = described;
  return [
    ...(monitoring === null
      ? []
      : [{ name: 'monitoring', now: monitoring ? 'on' : 'off', meanwhile: 'off' }]),
    { name: 'boot target', now: bootTarget, meanwhile: 'rescue, then disk' },
    { name: 'rescue key', now: 'as it is', meanwhile: "ironstep's" },
  ];
}
