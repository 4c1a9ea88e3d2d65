import type { ServerDescription } from '../providers/provider.ts';
import { formatSize } from '../spec/units.ts';

/** The disks as the provider counts them, "1 × 2000 GB SATA"; null when it does not say. */
export function disksInWords({ hardware }: ServerDescription): string | null {
  const disks = hardware?.disks.map(
    (disk) => `${disk.count} × ${(disk.sizeBytes / 1e9).toFixed(0)} GB ${disk.kind}`,
  );
  return disks === undefined || disks.length === 0 ? null : disks.join(', ');
}

/** "KS-2a, Atom N2800, 4 GiB of memory, BIOS"; null when the provider says nothing. */
export function machineInWords({ hardware }: ServerDescription): string | null {
  if (hardware === null) return null;
  const { description, memoryBytes, bootMode } = hardware;
  const words = [
    description,
    memoryBytes === null ? '' : `${formatSize(memoryBytes)} of memory`,
    bootMode === null || bootMode === 'either' ? '' : bootMode.toUpperCase(),
  ].filter((word) => word !== '');
  return words.length === 0 ? null : words.join(', ');
}
