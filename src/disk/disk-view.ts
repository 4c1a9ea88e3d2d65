import type { DiskView, PartitionFate } from '../run/status.ts';
import type { LayoutSpec } from '../spec/server-spec.ts';
import { formatSize } from '../spec/units.ts';
import type { BlockDevice, Filesystem, Partition } from './block-device.ts';
import { diskIdentity } from './block-device.ts';
import { firstOwnNumber } from './layout.ts';
import { parsePartitionTable } from './partition-table.ts';
import { plannedLayout } from './planned-layout.ts';
import { rootNumber } from './table.ts';

/**
 * What is still to be done to a disk: everything, the layout behind a system that is there, or
 * nothing.
 */
export type DiskWork = 'install' | 'repartition' | 'nothing';

/**
 * What is on the disk and what a run makes of it. An install lets everything die and makes ROOT and
 * the layout; where exactly is known once the image is, so what is left is told roughly.
 */
export function diskView(
  device: BlockDevice,
  layout: LayoutSpec | null,
  work: DiskWork = 'install',
): DiskView {
  return {
    serial: diskIdentity(device),
    model: device.model,
    sizeBytes: device.sizeBytes,
    rotational: device.rotational,
    fingerprint: device.fingerprint,
    partitions: fates(device, layout, work),
  };
}

function fates(device: BlockDevice, layout: LayoutSpec | null, work: DiskWork): PartitionFate[] {
  const there = device.partitions.map(asItIs);
  if (work === 'nothing') return there.map((partition) => ({ ...partition, fate: 'stays' }));
  if (work === 'install') {
    const dying = [...wholeDisk(device), ...there];
    return [
      ...dying.map((partition) => ({ ...partition, fate: 'dies' as const })),
      ...made(layout, device.sizeBytes, null),
    ];
  }
  const planned = made(layout, device.sizeBytes, rootStartOf(device));
  const [root] = planned;
  return [
    ...there.map((partition): PartitionFate =>
      partition.number === rootNumber && root?.becomes !== undefined
        ? { ...partition, fate: 'shrinks', becomes: root.becomes }
        : { ...partition, fate: 'stays' },
    ),
    ...planned.slice(1).filter(({ number }) => !there.some((each) => each.number === number)),
  ];
}

function rootStartOf({ tableJson }: BlockDevice): number | null {
  const { entries } = parsePartitionTable(tableJson ?? '{}');
  return entries.find(({ number }) => number === rootNumber)?.startSector ?? null;
}

type Now = Pick<PartitionFate, 'number' | 'name' | 'sizeBytes' | 'now'>;

/** A filesystem, RAID or LVM member without a partition table. */
function wholeDisk(device: BlockDevice): Now[] {
  if (device.wholeDisk === null || device.partitions.length > 0) return [];
  return [
    {
      number: null,
      name: device.wholeDisk.label,
      sizeBytes: device.sizeBytes,
      now: `${inWords(device.wholeDisk)}, on the whole disk`,
    },
  ];
}

function asItIs({ number, name, sizeSectors, filesystem }: Partition): Now {
  return {
    number,
    name,
    sizeBytes: sizeSectors * 512,
    now: filesystem === null ? 'no filesystem' : inWords(filesystem),
  };
}

function made(
  layout: LayoutSpec | null,
  diskBytes: number,
  rootStartSector: number | null,
): PartitionFate[] {
  return plannedLayout(layout, diskBytes, rootStartSector).map((becomes, index) => ({
    number: index === 0 ? rootNumber : firstOwnNumber + index - 1,
    name: becomes.name,
    sizeBytes: null,
    now: '',
    fate: 'made',
    becomes,
  }));
}

/** Where our own scripts mount what they write (src/remote/host.sh): it says nothing of its use. */
const ownMounts = '/run/ironstep/';

/** "ext4, last mounted /, 212 GiB in use". */
function inWords({ type, lastMounted, usedBytes }: Filesystem): string {
  const use = lastMounted?.startsWith(ownMounts) ? null : lastMounted;
  return [
    type,
    ...(use === null ? [] : [`last mounted ${use}`]),
    ...(usedBytes === null ? [] : [`${formatSize(usedBytes)} in use`]),
  ].join(', ');
}
