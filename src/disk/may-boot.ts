import { diskIdentity } from './block-device.ts';
import type { Inspection } from './inspection.ts';

/**
 * Why no system may be booted from the disks of a server (DESIGN invariant 3), as far as its
 * rescue system can tell; empty when nothing speaks against it. Receipts are not authenticated
 * here: what they say only ever keeps a disk from booting.
 */
export function whyNotBoot({ devices, receipts, begunSerials }: Inspection): string[] {
  if (devices.every(({ fingerprint }) => fingerprint === 'empty')) {
    return ['no disk holds anything that could boot'];
  }
  return devices.flatMap((device) => {
    const left = receipts[device.path] ?? {};
    const name = diskIdentity(device);
    const reasons: string[] = [];
    // The receipt can be found once the table is there, and that is written last.
    if (begunSerials.includes(device.serial) && left['install.json'] === undefined) {
      reasons.push(`an install was begun on ${name} and is not finished`);
    }
    if (left['repartition.begun'] !== undefined) {
      reasons.push(`shrinking ROOT was begun on ${name} and is not finished`);
    }
    return reasons;
  });
}
