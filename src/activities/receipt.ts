import type { BlockDevice } from '../disk/block-device.ts';
import type { SolvedLayout } from '../disk/layout.ts';
import { rootNumber } from '../disk/table.ts';
import type { Plan } from '../run/plan.ts';
import type { Dependencies } from './dependencies.ts';

type DiskName = Pick<BlockDevice, 'serial' | 'wwn'>;

/** What ironstep leaves on OEM to say what it installed, before the mac is put under it. */
export function installReceipt(plan: Plan, device: DiskName): string {
  const claims = {
    phase: 'install',
    service: plan.target.provider.service,
    server: plan.target.server,
    serial: device.serial,
    wwn: device.wwn,
    imageSha512: plan.release.sha512,
    version: plan.release.version,
    configDigest: plan.configDigest,
  };
  return `${JSON.stringify(claims)}\n`;
}

/** What it leaves to say that the layout is made. */
export function repartitionReceipt(plan: Plan, disk: DiskName, layout: SolvedLayout): string {
  const claims = {
    phase: 'repartition',
    service: plan.target.provider.service,
    serial: disk.serial,
    wwn: disk.wwn,
    configDigest: plan.configDigest,
    layout,
  };
  return `${JSON.stringify(claims)}\n`;
}

/** The found receipt as it is on the disk, when it has our mac; else null. */
export function authentic(dependencies: Dependencies, found: string | undefined): string | null {
  if (found === undefined) return null;
  const signed = found.endsWith('\n') ? found : `${found}\n`;
  return dependencies.verifyReceipt(signed) ? signed : null;
}

/** Is the found receipt this one, with our mac? */
export function isOurs(
  dependencies: Dependencies,
  found: string | undefined,
  receipt: string,
): boolean {
  return authentic(dependencies, found)?.startsWith(receipt) ?? false;
}

/**
 * Is what this plan would install on this disk already? Believed only with our mac, for this very
 * server, disk, image and config, and with a table that holds ROOT: before the commit there is no
 * table through which the receipt could be found. It spares work and never authorises any.
 */
export function isInstalled(
  dependencies: Dependencies,
  plan: Plan,
  device: BlockDevice,
  receipt: string | undefined,
): boolean {
  return (
    isOurs(dependencies, receipt, installReceipt(plan, device)) &&
    device.partitions.some((partition) => partition.number === rootNumber)
  );
}
