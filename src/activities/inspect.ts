import type { BlockDevice } from '../disk/block-device.ts';
import { diskView } from '../disk/disk-view.ts';
import { parseInspection, type Inspection } from '../disk/inspection.ts';
import { LayoutDoesNotFit, roughFit, solveLayout, type SolvedLayout } from '../disk/layout.ts';
import { parsePartitionTable, type PartitionTable } from '../disk/partition-table.ts';
import { DiskAmbiguous, DiskNotFound, DiskUnsuitable, selectDisk } from '../disk/select-disk.ts';
import { rootEntry } from '../disk/table.ts';
import type { Plan, System } from '../run/plan.ts';
import type { DiskView } from '../run/status.ts';
import { formatSize } from '../spec/units.ts';
import type { Dependencies } from './dependencies.ts';
import { openSystem } from './open-system.ts';
import { isInstalled } from './receipt.ts';

/** The disk that the spec means, with what is on it. */
export type Selected = {
  kind: 'selected';
  device: BlockDevice;
  view: DiskView;
  /** What this plan would install is there already, by our own receipt. */
  installed: boolean;
  /** `repartition` has begun on it, or is finished: no system may boot before it has looked. */
  repartitionBegun: boolean;
  /** The layout that such an install left, with `presize`. */
  layout: SolvedLayout | null;
  summary: string;
  /** Some disk of the server holds something. */
  anyContents: boolean;
};

export type Inspected =
  | Selected
  /** Only another spec or another disk helps. */
  | { kind: 'refused'; message: string; anyContents: boolean };

/** What repartition.sh leaves on OEM, while it works and when it is through. */
const ourRepartition = ['repartition.begun', 'repartition.json'];

/** What lies below any image: Flatcar's is about 4.6 to 8.5 GB; the host checks the exact size. */
const smallestDiskBytes = 1 * 2 ** 30;

/** A look at the disks, from the rescue system. */
export function createInspectActivities(dependencies: Dependencies) {
  return {
    /** Reads every disk and picks the one that the spec means. Read-only. */
    async inspect(plan: Plan, rescue: System): Promise<Inspected> {
      const inspection = await readDisks(dependencies, plan, rescue);
      const anyContents = inspection.devices.some((device) => device.fingerprint !== 'empty');
      try {
        const device = pickDisk(plan, inspection);
        const { installed, repartitionBegun } = doneOn(dependencies, plan, device, inspection);
        const left = plan.apply === 'shrink' ? 'repartition' : 'nothing';
        return {
          kind: 'selected',
          device,
          view: diskView(device, plan.layout, installed ? left : 'install'),
          installed,
          repartitionBegun,
          layout:
            installed && plan.apply === 'presize'
              ? solvedOn(plan, { ...device, table: tableOf(device) })
              : null,
          summary: summarise(inspection, device),
          anyContents,
        };
      } catch (error) {
        if (isRefusal(error)) return { kind: 'refused', message: error.message, anyContents };
        throw error;
      }
    },
  };
}

/** What an earlier run did of this plan on the disk, by our own receipts. */
export function doneOn(
  dependencies: Dependencies,
  plan: Plan,
  device: BlockDevice,
  inspection: Inspection,
): Pick<Selected, 'installed' | 'repartitionBegun'> {
  const receipts = inspection.receipts[device.path] ?? {};
  const installed = isInstalled(dependencies, plan, device, receipts['install.json']);
  return {
    installed,
    repartitionBegun: installed && ourRepartition.some((name) => name in receipts),
  };
}

/** All that inspect.sh sees in the given rescue session. */
export async function readDisks(
  dependencies: Dependencies,
  { target }: Pick<Plan, 'target'>,
  rescue: System,
): Promise<Inspection> {
  await using open = await openSystem(dependencies, target, rescue);
  return parseInspection((await open.scripts.runOk('inspect', [])).stdout);
}

/** The disk of the spec; refuses as well what the layout asks for and the disk cannot give. */
export function pickDisk(plan: Plan, inspection: Inspection): BlockDevice {
  const device = selectDisk(inspection.devices, plan.disk, {
    server: plan.target.server,
    minBytes: smallestDiskBytes,
  });
  if (plan.layout !== null) roughFit(plan.layout, device.sizeBytes, plan.target.server);
  return device;
}

/** The table of a disk that has one; a blank disk is none to ask. */
export function tableOf(device: BlockDevice): PartitionTable {
  return parsePartitionTable(device.tableJson ?? '{}');
}

/** The layout of the plan on a disk that holds the system already. */
export function solvedOn(
  plan: Plan,
  disk: Pick<BlockDevice, 'sizeBytes' | 'logicalSectorBytes'> & { table: PartitionTable },
): SolvedLayout {
  return solveLayout({
    diskSectors: Math.floor(disk.sizeBytes / disk.logicalSectorBytes),
    sectorBytes: disk.logicalSectorBytes,
    rootStartSector: rootEntry(disk.table).startSector,
    layout: plan.layout ?? undefined,
    // What ROOT holds is checked on the host, with resize2fs -P.
    minRootBytes: 0,
    partUuids: plan.partUuids,
    where: plan.target.server,
  });
}

function isRefusal(error: unknown): error is Error {
  return (
    error instanceof DiskNotFound ||
    error instanceof DiskAmbiguous ||
    error instanceof DiskUnsuitable ||
    error instanceof LayoutDoesNotFit
  );
}

function summarise(inspection: Inspection, device: BlockDevice): string {
  const count = inspection.devices.length;
  const contents = device.fingerprint === 'empty' ? 'is empty' : 'has contents';
  const memory = formatSize(inspection.memoryBytes);
  return (
    `${count} disk${count === 1 ? '' : 's'}, ${device.serial || device.wwn} ${contents} · ` +
    `${inspection.firmware.toUpperCase()} · ${memory}`
  );
}
