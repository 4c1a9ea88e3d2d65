import { cancellationSignal } from '@temporalio/activity';

import { diskIdentity, type BlockDevice } from '../disk/block-device.ts';
import { diskView, type DiskWork } from '../disk/disk-view.ts';
import { plannedLayout } from '../disk/planned-layout.ts';
import type { ServerDescription } from '../providers/provider.ts';
import type { Plan } from '../run/plan.ts';
import { effortAhead } from '../run/plan-effort.ts';
import type { Reached, ServerPlan } from '../run/server-plan.ts';
import type { PlannedPartition } from '../run/status.ts';
import type { Dependencies } from './dependencies.ts';
import { disksInWords, machineInWords } from './hardware-words.ts';
import { seeDisk, type Seen, type SeenDisk } from './see-disk.ts';
import { readOriginalSettings } from './settings.ts';

/** What was found out about the server before the plan is described. */
export type PlanFindings = { plan: Plan; seen: Seen };

/** What a run would do, for a person to read before it is begun. */
export function createDescribePlanActivities(dependencies: Dependencies) {
  return {
    /** Puts together what is known, with the disks where a system lets us read them. Read-only. */
    async describePlan({ plan, seen }: PlanFindings): Promise<ServerPlan> {
      const { target, release, apply } = plan;
      const provider = await dependencies.provider(target.provider);
      const described = await provider.describe(cancellationSignal());
      const { answering, disk, reached, repartitionBegun } = await seeDisk(
        dependencies,
        plan,
        seen,
      );
      const work = workLeft(reached);
      return {
        server: target.server,
        provider: target.provider.kind,
        service: target.provider.service,
        account: target.provider.account,
        address: described.address,
        datacenter: described.datacenter,
        apply,
        ...effortAhead({ apply, answering, reached, repartitionBegun }),
        image: {
          version: release.version,
          channel: release.channel,
          sha512: release.sha512,
          signedBy: release.signedBy,
        },
        machine: machineInWords(described),
        disks: disksInWords(described),
        answering,
        reached,
        disk: disk === null ? null : diskView(disk, plan.layout, work),
        layout: layoutOn(plan, described, disk),
        wipe: disk === null || work !== 'install' ? null : wipeOf(disk),
        settings: await settingsAhead(dependencies, plan),
        warnings: [...plan.warnings, ...warningsAbout(plan, described, disk)],
      };
    },
  };
}

function workLeft(reached: Reached): DiskWork {
  switch (reached) {
    case 'nothing':
      return 'install';
    case 'image':
      return 'repartition';
    case 'everything':
      return 'nothing';
  }
}

function layoutOn(
  { layout }: Plan,
  described: ServerDescription,
  disk: BlockDevice | null,
): PlannedPartition[] {
  return plannedLayout(layout, disk?.sizeBytes ?? largestDiskBytes(described));
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

/** As they are without ironstep, whatever an earlier run has left in them. */
async function settingsAhead(
  dependencies: Dependencies,
  { target }: Plan,
): Promise<ServerPlan['settings']> {
  const { original, provider, ourPublicKey } = await readOriginalSettings(dependencies, target);
  const settings = await provider.settingsInWords(
    original.snapshot,
    ourPublicKey,
    cancellationSignal(),
  );
  return settings.flatMap(({ label, value, meanwhile, asInRun }) =>
    meanwhile === null || asInRun ? [] : [{ label, now: value, meanwhile }],
  );
}

/** What a run would refuse once it has seen the disks, as far as the provider's word tells it. */
function warningsAbout(
  { disk: selector, target }: Plan,
  { hardware }: ServerDescription,
  seen: SeenDisk['disk'],
): string[] {
  const count = hardware?.disks.reduce((sum, group) => sum + group.count, 0) ?? 0;
  if (seen !== null || !('only' in selector) || count < 2) return [];
  return [
    `${target.server} has ${count} disks, says its provider, and disk: { only: true } does not ` +
      `say which one is meant. Name it by its serial: it is known after rescue.`,
  ];
}
