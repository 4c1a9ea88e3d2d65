import { z } from 'zod';

import type { BlockDevice } from '../disk/block-device.ts';
import type { Inspection } from '../disk/inspection.ts';
import { rootNumber } from '../disk/table.ts';
import type { RunTarget } from '../run/plan.ts';
import type { Dependencies } from './dependencies.ts';
import { authentic } from './receipt.ts';

/** A disk that ironstep installed a system on, and the receipt that says so, to the last byte. */
export type OurInstallation = { device: BlockDevice; receipt: string };

/** What `installReceipt` claims, and nothing besides. */
const claimsSchema = z.strictObject({
  phase: z.literal('install'),
  service: z.string(),
  server: z.string(),
  serial: z.string(),
  wwn: z.string(),
  imageSha512: z.string(),
  version: z.string(),
  configDigest: z.string(),
});

/**
 * The disks of the server with a system of ours: by a receipt with our mac, for this very service
 * and disk, on a disk whose table holds ROOT. Whatever it was installed with.
 */
export function ourInstallations(
  dependencies: Dependencies,
  { provider }: RunTarget,
  { devices, receipts }: Inspection,
): OurInstallation[] {
  return devices.flatMap((device) => {
    const receipt = authentic(dependencies, receipts[device.path]?.['install.json']);
    const claims = receipt === null ? null : claimsIn(receipt);
    const ours =
      claims?.service === provider.service &&
      claims.serial === device.serial &&
      claims.wwn === device.wwn &&
      device.partitions.some(({ number }) => number === rootNumber);
    return receipt !== null && ours ? [{ device, receipt }] : [];
  });
}

/** The claims stand in the first line; the mac is behind them. */
function claimsIn(receipt: string): z.infer<typeof claimsSchema> | null {
  try {
    return claimsSchema.parse(JSON.parse(receipt.split('\n')[0] ?? ''));
  } catch {
    return null;
  }
}
