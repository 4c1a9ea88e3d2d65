import type { VerifiedPartition } from '../run/status.ts';
import { formatSize } from '../spec/units.ts';
import type { InstalledFacts } from './installed-facts.ts';
import type { SolvedLayout, SolvedPartition } from './layout.ts';
import type { TableEntry } from './partition-table.ts';
import { rootEntry } from './table.ts';

/**
 * The layout that was solved against what the installed system says, one line for ROOT and one for
 * each partition. Without a solved layout ROOT is only held against its own superblock.
 */
export function compareLayout(
  solved: SolvedLayout | null,
  facts: InstalledFacts,
): VerifiedPartition[] {
  return [
    verifyRoot(solved, facts),
    ...(solved?.partitions ?? []).map((partition) => verifyPartition(partition, facts)),
  ];
}

function verifyRoot(solved: SolvedLayout | null, facts: InstalledFacts): VerifiedPartition {
  const entry = rootEntry(facts.table);
  const seen = observed(entry, facts);
  return judged(seen, [
    ...(solved === null ? [] : ranges(entry, solved.rootStartSector, solved.rootSizeSectors)),
    ...(seen.device === facts.rootDevice ? [] : [`the system runs from ${facts.rootDevice}`]),
    ...superblockDifferences(entry, seen.filesystemBytes, facts),
  ]);
}

function verifyPartition(wanted: SolvedPartition, facts: InstalledFacts): VerifiedPartition {
  const entry = facts.table.entries.find(
    ({ partUuid }) => partUuid === wanted.partUuid.toLowerCase(),
  );
  if (entry === undefined) return missing(wanted);
  const seen = observed(entry, facts);
  return judged(seen, [
    ...ranges(entry, wanted.startSector, wanted.sizeSectors),
    ...(entry.name === wanted.name ? [] : [`its name is ${entry.name}`]),
    ...(seen.filesystem === wanted.filesystem
      ? []
      : [`holds ${seen.filesystem || 'no filesystem'}, not ${wanted.filesystem}`]),
    ...(wanted.mount === null || seen.mount === wanted.mount
      ? []
      : [`is mounted at ${seen.mount ?? 'no place'}, not at ${wanted.mount}`]),
  ]);
}

function observed(
  entry: TableEntry,
  facts: InstalledFacts,
): Omit<VerifiedPartition, 'asSpecified' | 'difference'> {
  const device = partitionPath(facts.disk.path, entry.number);
  const mount = facts.mounts[device];
  return {
    name: entry.name,
    number: entry.number,
    device,
    sizeBytes: entry.sizeSectors * 512,
    filesystem: facts.filesystems[device] ?? '',
    mount: mount?.target ?? null,
    filesystemBytes: mount?.sizeBytes ?? null,
    freeBytes: mount?.freeBytes ?? null,
  };
}

/** `sda` → `sda9`, `nvme0n1` → `nvme0n1p9`. */
function partitionPath(disk: string, number: number): string {
  return `${disk}${/\d$/.test(disk) ? 'p' : ''}${number}`;
}

function judged(
  seen: Omit<VerifiedPartition, 'asSpecified' | 'difference'>,
  differences: string[],
): VerifiedPartition {
  return differences.length === 0
    ? { ...seen, asSpecified: true }
    : { ...seen, asSpecified: false, difference: differences.join('; ') };
}

function ranges(entry: TableEntry, startSector: number, sizeSectors: number): string[] {
  const wrongStart =
    entry.startSector === startSector
      ? []
      : [`starts at sector ${entry.startSector}, not ${startSector}`];
  const wrongSize =
    entry.sizeSectors === sizeSectors
      ? []
      : [`has ${formatSize(entry.sizeSectors * 512)}, not ${formatSize(sizeSectors * 512)}`];
  return [...wrongStart, ...wrongSize];
}

/**
 * The filesystem fills its partition to the block, and what `df` says is that minus ext4's own
 * tables (6.25 % on Flatcar, which has one inode per 4 KiB). df may differ by 1 %.
 */
function superblockDifferences(
  entry: TableEntry,
  dfBytes: number | null,
  { superblock }: InstalledFacts,
): string[] {
  if (superblock === null) return ['its superblock cannot be read'];
  const { blocks, blockBytes, overheadBlocks } = superblock;
  const fitting = Math.floor((entry.sizeSectors * 512) / blockBytes);
  if (blocks !== fitting) {
    return [
      `its filesystem has ${formatSize(blocks * blockBytes)} of ${formatSize(fitting * blockBytes)}`,
    ];
  }
  if (dfBytes === null || overheadBlocks === null) return [];
  const predicted = (blocks - overheadBlocks) * blockBytes;
  return Math.abs(dfBytes - predicted) <= predicted / 100
    ? []
    : [`df says ${formatSize(dfBytes)}, the superblock ${formatSize(predicted)}`];
}

function missing(wanted: SolvedPartition): VerifiedPartition {
  return {
    name: wanted.name,
    number: wanted.number,
    device: '',
    sizeBytes: 0,
    filesystem: '',
    mount: null,
    filesystemBytes: null,
    freeBytes: null,
    asSpecified: false,
    difference: `no partition has PARTUUID ${wanted.partUuid}`,
  };
}
