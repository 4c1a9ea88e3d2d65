import type { LayoutSpec } from '../spec/server-spec.ts';
import { formatSize } from '../spec/units.ts';

/** 1 MiB in sectors of 512 bytes: where partitions start. */
const alignmentSectors = 2048;
/** Entries and header of the backup GPT, at the end of the disk. */
const backupGptSectors = 33;
/** The first number behind Flatcar's own partitions. */
export const firstOwnNumber = 10;
/** Below this a btrfs cannot be made sensibly, and `rest` would be a mistake. */
const smallestRestBytes = 256 * 2 ** 20;

/** Where ROOT starts on Flatcar since 2025-09-29; used only where no disk can be read yet. */
export const usualRootStartSector = 12_722_176;
/** ROOT of the image before it grows. */
const usualRootBytes = 1784 * 2 ** 20;

export type SolvedPartition = {
  number: number;
  name: string;
  startSector: number;
  sizeSectors: number;
  filesystem: 'ext4' | 'btrfs';
  mount: string | null;
  /** PARTUUID; the filesystem gets the same UUID. */
  partUuid: string;
};

/** Where everything will be, in sectors of 512 bytes. */
export type SolvedLayout = {
  rootStartSector: number;
  rootSizeSectors: number;
  partitions: SolvedPartition[];
};

export type LayoutRequest = {
  diskSectors: number;
  sectorBytes: number;
  rootStartSector: number;
  /** Without it ROOT takes the whole disk. */
  layout?: LayoutSpec | undefined;
  /** What ROOT must have at least: its size in the image. */
  minRootBytes: number;
  /** By the name of the partition, chosen at preflight. */
  partUuids: Record<string, string>;
  /** How the message names the disk's home: the server or the disk. */
  where?: string;
};

/**
 * The layout cannot be had on this disk: the spec must change, or the disk.
 *
 * @where preflight, inspect, install, repartition
 * @changed Nothing of this layout was made.
 * @remedy Make ROOT or the partitions smaller; the message says how much is left.
 * @example
 * layout.root: 100 GiB does not fit on ns3011111, by 78.8 GiB.
 * Its disk has 37.3 GiB; the system needs 6.1 GiB before ROOT and data asks for 10 GiB. At \
 * most 21.2 GiB are left for ROOT.
 */
export class LayoutDoesNotFit extends Error {
  override name = 'LayoutDoesNotFit';
  /** The place in the spec that asks for too much. */
  readonly request: 'layout.root' | 'layout.partitions';
  /** By how much; null when no other disk would help. */
  readonly missingBytes: number | null;

  constructor(
    request: 'layout.root' | 'layout.partitions',
    message: string,
    missingBytes: number | null,
  ) {
    super(`${request}: ${message}`);
    this.request = request;
    this.missingBytes = missingBytes;
  }
}

/**
 * Lays ROOT and the partitions of the spec out, in order, one directly behind the other. ROOT
 * keeps its start. Sizes are rounded up to whole MiB, so that everything is aligned and no gap is
 * left: the OS grows ROOT at every boot into a gap of 2 MiB or more. `rest` takes what is left.
 * Throws LayoutDoesNotFit.
 */
export function solveLayout(request: LayoutRequest): SolvedLayout {
  if (request.sectorBytes !== 512) {
    throw new RangeError(`sectors of ${request.sectorBytes} bytes; the image needs 512`);
  }
  const end = alignDown(request.diskSectors - backupGptSectors);
  const { layout, rootStartSector } = request;
  if (layout === undefined) {
    const rootSizeSectors = end - rootStartSector;
    if (rootSizeSectors * 512 < request.minRootBytes) throw tooSmallForSystem(request);
    return { rootStartSector, rootSizeSectors, partitions: [] };
  }
  refuseWhatWouldNotLast(layout, request, end);
  const rootSizeSectors = alignUp(rootStartSector + toSectors(layout.root)) - rootStartSector;
  const fixed = layout.partitions.map((partition) =>
    partition.size === 'rest' ? 0 : alignUp(toSectors(partition.size)),
  );
  const leastRest = layout.partitions.some((partition) => partition.size === 'rest')
    ? alignUp(toSectors(smallestRestBytes))
    : 0;
  const left = end - rootStartSector - rootSizeSectors - sum(fixed);
  if (left < leastRest || rootSizeSectors * 512 < request.minRootBytes) {
    throw doesNotFit(layout, request, end, sum(fixed) + leastRest, rootSizeSectors);
  }
  let next = rootStartSector + rootSizeSectors;
  const partitions = layout.partitions.map((partition, index): SolvedPartition => {
    const sizeSectors = partition.size === 'rest' ? left : (fixed[index] ?? 0);
    const startSector = next;
    next += sizeSectors;
    return {
      number: firstOwnNumber + index,
      name: partition.name,
      startSector,
      sizeSectors,
      filesystem: partition.filesystem,
      mount: partition.mount ?? null,
      partUuid: partUuidOf(partition.name, request.partUuids),
    };
  });
  return { rootStartSector, rootSizeSectors, partitions };
}

/**
 * For preflight, where only the provider's rough size of the disk is known: refuses what clearly
 * cannot fit, with the usual start of Flatcar's ROOT. Throws LayoutDoesNotFit.
 */
export function roughFit(layout: LayoutSpec, diskBytes: number, where?: string): void {
  const request = {
    sectorBytes: 512,
    rootStartSector: usualRootStartSector,
    layout,
    minRootBytes: usualRootBytes,
    partUuids: Object.fromEntries(layout.partitions.map(({ name }) => [name, ''])),
    ...(where === undefined ? {} : { where }),
  };
  try {
    solveLayout({ ...request, diskSectors: Math.floor(diskBytes / 512) });
  } catch (error) {
    if (!(error instanceof LayoutDoesNotFit)) throw error;
    // Providers round: a "2000 GB" disk has 2000.4 GB. Within 1 % the disk itself decides.
    if (error.missingBytes === null || error.missingBytes > diskBytes / 100) throw error;
  }
}

/** The lines of the file `partitions` that write-image.sh and repartition.sh read. */
export function renderPartitions(solved: SolvedLayout): string {
  return solved.partitions
    .map(
      ({ number, startSector, sizeSectors, filesystem, name, partUuid }) =>
        `${number} ${startSector} ${sizeSectors} ${filesystem} ${name} ${partUuid}\n`,
    )
    .join('');
}

function refuseWhatWouldNotLast(layout: LayoutSpec, request: LayoutRequest, end: number): void {
  const rests = layout.partitions.filter((partition) => partition.size === 'rest');
  if (rests.length > 1) {
    const names = rests.map(({ name }) => name).join(' and ');
    throw new LayoutDoesNotFit(
      'layout.partitions',
      `only one can have size: rest, not ${names}`,
      null,
    );
  }
  const rootEnd = request.rootStartSector + toSectors(layout.root);
  if (layout.partitions.length === 0 && rootEnd <= end - alignmentSectors) {
    throw new LayoutDoesNotFit(
      'layout.root',
      `${formatSize(layout.root)} would not last: with nothing behind ROOT the OS grows it at ` +
        `every boot. Add a partition (size: rest), or leave layout out.`,
      null,
    );
  }
}

function doesNotFit(
  layout: LayoutSpec,
  request: LayoutRequest,
  end: number,
  othersSectors: number,
  rootSizeSectors: number,
): LayoutDoesNotFit {
  const room = end - request.rootStartSector;
  const mostForRoot = (room - othersSectors) * 512;
  const asks = layout.partitions.map(({ name, size }) =>
    size === 'rest'
      ? `${name} (the rest) needs ${formatSize(smallestRestBytes)}`
      : `${name} asks for ${formatSize(size)}`,
  );
  const where = request.where ?? 'this disk';
  const facts = [
    `the system needs ${formatSize(request.rootStartSector * 512)} before ROOT`,
    ...asks,
  ];
  const disk = `Its disk has ${formatSize(request.diskSectors * 512)}; ${inWords(facts)}.`;
  const missingBytes = (rootSizeSectors + othersSectors - room) * 512;
  if (rootSizeSectors * 512 < request.minRootBytes) {
    const least = formatSize(request.minRootBytes);
    return new LayoutDoesNotFit(
      'layout.root',
      `${formatSize(layout.root)} is too small on ${where}: the image itself needs ${least}.`,
      null,
    );
  }
  if (mostForRoot >= request.minRootBytes) {
    return new LayoutDoesNotFit(
      'layout.root',
      `${formatSize(layout.root)} does not fit on ${where}, by ${formatSize(missingBytes)}.\n` +
        `${disk} At most ${roundedDown(mostForRoot)} are left for ROOT.`,
      missingBytes,
    );
  }
  return new LayoutDoesNotFit(
    'layout.partitions',
    `they do not fit on ${where}, by ${formatSize(missingBytes)}.\n${disk} ` +
      `With ROOT at ${formatSize(layout.root)} at most ` +
      `${roundedDown(Math.max(0, (room - rootSizeSectors) * 512))} are left for them.`,
    missingBytes,
  );
}

function tooSmallForSystem(request: LayoutRequest): LayoutDoesNotFit {
  const needed = request.rootStartSector * 512 + request.minRootBytes;
  return new LayoutDoesNotFit(
    'layout.root',
    `${request.where ?? 'this disk'} has ${formatSize(request.diskSectors * 512)}, ` +
      `the system alone needs ${formatSize(needed)}.`,
    needed - request.diskSectors * 512,
  );
}

function partUuidOf(name: string, partUuids: Record<string, string>): string {
  const partUuid = partUuids[name];
  if (partUuid === undefined) throw new Error(`no PARTUUID was chosen for partition ${name}`);
  return partUuid;
}

/** "a, b and c". */
function inWords(parts: string[]): string {
  return parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`;
}

/** What a person may write back into the spec: never more than there is. */
function roundedDown(bytes: number): string {
  const gib = Math.floor((bytes / 2 ** 30) * 10) / 10;
  return gib >= 1 ? `${gib} GiB` : `${Math.floor(bytes / 2 ** 20)} MiB`;
}

function toSectors(bytes: number): number {
  return Math.ceil(bytes / 512);
}

function alignUp(sectors: number): number {
  return Math.ceil(sectors / alignmentSectors) * alignmentSectors;
}

function alignDown(sectors: number): number {
  return Math.floor(sectors / alignmentSectors) * alignmentSectors;
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
