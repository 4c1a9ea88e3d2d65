import type { ServerDescription } from '../providers/provider.ts';

/** The disks as the provider counts them, "1 × 2000 GB SATA"; null when it does not say. */
export function hardwareInWords({ hardware }: ServerDescription): string | null {
  const disks = hardware?.disks.map(
    (disk) => `${disk.count} × ${(disk.sizeBytes / 1e9).toFixed(0)} GB ${disk.kind}`,
  );
  return disks === undefined || disks.length === 0 ? null : disks.join(', ');
}
