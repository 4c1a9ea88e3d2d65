import type { PlannedPartition } from '../run/status.ts';
import type { LayoutSpec } from '../spec/server-spec.ts';
import { LayoutDoesNotFit, solveLayout, usualRootStartSector } from './layout.ts';

/**
 * The layout with the sizes that it will have on a disk of this size: ROOT where Flatcar's usually
 * is, unless `rootStartSector` tells it. Without a size, `rest` is not known.
 */
export function plannedLayout(
  layout: LayoutSpec | null,
  diskBytes: number | null,
  rootStartSector: number | null = null,
): PlannedPartition[] {
  const start = rootStartSector ?? usualRootStartSector;
  const sizes = diskBytes === null ? null : solvedBytes(layout, diskBytes, start);
  const roughly = rootStartSector === null;
  const root = layout === null ? null : layout.root;
  return [
    {
      name: 'ROOT',
      sizeBytes: root ?? sizes?.[0] ?? null,
      roughly: root === null && roughly,
      filesystem: 'ext4',
      mount: '/',
    },
    ...(layout?.partitions ?? []).map(({ name, size, filesystem, mount }, index) => ({
      name,
      sizeBytes: size === 'rest' ? (sizes?.[index + 1] ?? null) : size,
      roughly: size === 'rest' && roughly,
      filesystem,
      mount: mount ?? null,
    })),
  ];
}

/** Bytes of ROOT and of each partition; null for what does not fit by a provider's rounding. */
function solvedBytes(
  layout: LayoutSpec | null,
  diskBytes: number,
  rootStartSector: number,
): number[] | null {
  try {
    const solved = solveLayout({
      diskSectors: Math.floor(diskBytes / 512),
      sectorBytes: 512,
      rootStartSector,
      layout: layout ?? undefined,
      minRootBytes: 0,
      partUuids: Object.fromEntries((layout?.partitions ?? []).map(({ name }) => [name, ''])),
    });
    const sectors = [solved.rootSizeSectors, ...solved.partitions.map((each) => each.sizeSectors)];
    return sectors.map((count) => count * 512);
  } catch (error) {
    if (error instanceof LayoutDoesNotFit) return null;
    throw error;
  }
}
