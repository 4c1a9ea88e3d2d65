import type { DiskView, PartitionFate } from '../run/status.ts';
import type { LayoutSpec } from '../spec/server-spec.ts';
import { formatSize } from '../spec/units.ts';
import type { BlockDevice, Filesystem, Partition } from './block-device.ts';
import { diskIdentity } from './block-device.ts';
import { firstOwnNumber } from './layout.ts';
import { rootNumber } from './table.ts';

/**
 * What is on the disk and what an install makes of it: everything dies, ROOT and the layout are
 * made. Where exactly is known once the image is; the sizes are those of the spec.
 */
export function diskView(device: BlockDevice, layout: LayoutSpec | null): DiskView {
  return {
    serial: diskIdentity(device),
    model: device.model,
    sizeBytes: device.sizeBytes,
    rotational: device.rotational,
    fingerprint: device.fingerprint,
    partitions: [...wholeDisk(device), ...device.partitions.map(dies), ...made(layout)],
  };
}

/** A filesystem, RAID or LVM member without a partition table. */
function wholeDisk(device: BlockDevice): PartitionFate[] {
  if (device.wholeDisk === null || device.partitions.length > 0) return [];
  return [
    {
      number: null,
      name: device.wholeDisk.label,
      sizeBytes: device.sizeBytes,
      now: `${inWords(device.wholeDisk)}, on the whole disk`,
      fate: 'dies',
      then: 'dies',
    },
  ];
}

function dies({ number, name, sizeSectors, filesystem }: Partition): PartitionFate {
  return {
    number,
    name,
    sizeBytes: sizeSectors * 512,
    now: filesystem === null ? 'no filesystem' : inWords(filesystem),
    fate: 'dies',
    then: 'dies',
  };
}

function made(layout: LayoutSpec | null): PartitionFate[] {
  const root = layout === null ? 'rest' : layout.root;
  return [
    madePartition(rootNumber, 'ROOT', root, 'ext4'),
    ...(layout?.partitions ?? []).map(({ name, size, filesystem, mount }, index) =>
      madePartition(firstOwnNumber + index, name, size, [filesystem, mount ?? ''].join('   ')),
    ),
  ];
}

function madePartition(
  number: number,
  name: string,
  size: number | 'rest',
  how: string,
): PartitionFate {
  const words = size === 'rest' ? 'the rest' : formatSize(size);
  const sizeBytes = size === 'rest' ? null : size;
  return { number, name, sizeBytes, now: '', fate: 'made', then: `${words} ${how}`.trimEnd() };
}

/** "ext4, last mounted /, 212 GiB in use". */
function inWords({ type, lastMounted, usedBytes }: Filesystem): string {
  return [
    type,
    ...(lastMounted === null ? [] : [`last mounted ${lastMounted}`]),
    ...(usedBytes === null ? [] : [`${formatSize(usedBytes)} in use`]),
  ].join(', ');
}
