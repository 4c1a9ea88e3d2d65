import type { DiskView, PartitionFate } from '../run/status.ts';
import { formatSize } from '../spec/units.ts';
import type { BlockDevice, Filesystem, Partition } from './block-device.ts';
import { diskIdentity } from './block-device.ts';
import type { SolvedLayout } from './layout.ts';
import { rootNumber } from './table.ts';

/**
 * What is on the disk and what becomes of it: at `install` everything dies and ROOT and the layout
 * are made; at `repartition` everything stays, ROOT shrinks, and what is missing is made. Without
 * a solved layout ROOT takes the whole disk.
 */
export function diskView(
  device: BlockDevice,
  phase: 'install' | 'repartition',
  solved: SolvedLayout | null,
): DiskView {
  const fates =
    phase === 'install' ? installFates(device, solved) : repartitionFates(device, solved);
  return {
    serial: diskIdentity(device),
    model: device.model,
    sizeBytes: device.sizeBytes,
    rotational: device.rotational,
    fingerprint: device.fingerprint,
    partitions: fates,
  };
}

function installFates(device: BlockDevice, solved: SolvedLayout | null): PartitionFate[] {
  const dying = device.partitions.map((partition) => fate(partition, 'dies', 'dies'));
  const whole: PartitionFate[] =
    device.wholeDisk === null || device.partitions.length > 0
      ? []
      : [
          {
            number: null,
            name: device.wholeDisk.label,
            sizeBytes: device.sizeBytes,
            now: `${inWords(device.wholeDisk)}, on the whole disk`,
            fate: 'dies',
            then: 'dies',
          },
        ];
  return [...whole, ...dying, madeRoot(device, solved), ...made(solved)];
}

function madeRoot(device: BlockDevice, solved: SolvedLayout | null): PartitionFate {
  const sizeBytes = solved === null ? device.sizeBytes : solved.rootSizeSectors * 512;
  const then = solved === null ? 'the whole disk, ext4' : `${formatSize(sizeBytes)} ext4`;
  return { number: rootNumber, name: 'ROOT', sizeBytes, now: '', fate: 'made', then };
}

function repartitionFates(device: BlockDevice, solved: SolvedLayout | null): PartitionFate[] {
  const present = new Set(device.partitions.map(({ partUuid }) => partUuid));
  const kept = device.partitions.map((partition) => {
    const shrinks =
      solved !== null &&
      partition.number === rootNumber &&
      partition.sizeSectors > solved.rootSizeSectors;
    return shrinks
      ? fate(partition, 'shrinks', `shrinks to ${formatSize(solved.rootSizeSectors * 512)}`)
      : fate(partition, 'stays', 'stays');
  });
  const missing = solved?.partitions.filter(({ partUuid }) => !present.has(partUuid)) ?? [];
  return [...kept, ...made(solved === null ? null : { ...solved, partitions: missing })];
}

function made(solved: SolvedLayout | null): PartitionFate[] {
  return (solved?.partitions ?? []).map((partition) => {
    const sizeBytes = partition.sizeSectors * 512;
    const mount = partition.mount === null ? '' : `   ${partition.mount}`;
    return {
      number: partition.number,
      name: partition.name,
      sizeBytes,
      now: '',
      fate: 'made',
      then: `${formatSize(sizeBytes)} ${partition.filesystem}${mount}`,
    };
  });
}

function fate(
  partition: Partition,
  kind: PartitionFate['fate'],
  then: PartitionFate['then'],
): PartitionFate {
  return {
    number: partition.number,
    name: partition.name,
    sizeBytes: partition.sizeSectors * 512,
    now: partition.filesystem === null ? 'no filesystem' : inWords(partition.filesystem),
    fate: kind,
    then,
  };
}

/** "ext4, last mounted /, 212 GiB in use". */
function inWords({ type, lastMounted, usedBytes }: Filesystem): string {
  return [
    type,
    ...(lastMounted === null ? [] : [`last mounted ${lastMounted}`]),
    ...(usedBytes === null ? [] : [`${formatSize(usedBytes)} in use`]),
  ].join(', ');
}
