import type { DiskSelector } from '../spec/server-spec.ts';
import { formatSize } from '../spec/units.ts';
import type { BlockDevice } from './block-device.ts';
import { diskIdentity } from './block-device.ts';

/**
 * The server has no disk like the one that the spec names.
 *
 * @where inspect
 * @changed Nothing was written.
 * @remedy Correct `disk` in the spec with what the server has. A technician may have replaced the
 *   disk: then all of it is to be approved anew.
 * @example
 * core1 has no disk with serial WD-WCC4M0KS2A01. It has: WDC WD20EZRX serial WD-WCC4M0KS2A99 \
 * (1.8 TiB). Nothing was written. A technician may have replaced the disk: correct the spec.
 */
export class DiskNotFound extends Error {
  override name = 'DiskNotFound';
}

/**
 * More than one disk could be meant: the spec must name one.
 *
 * @where inspect
 * @changed Nothing was written.
 * @remedy Name one disk in the spec, by serial or WWN.
 * @example
 * core4 has 2 disks with disk: { only: true }: ST1000DM003 serial Z1D5KS2B (931.5 GiB); \
 * ST1000DM003 serial Z1D5KS2C (931.5 GiB). Say which one in the spec, like  disk: { serial: \
 * Z1D5KS2B }
 */
export class DiskAmbiguous extends Error {
  override name = 'DiskAmbiguous';
}

/**
 * The disk is there, but nothing can be installed on it.
 *
 * @where inspect
 * @changed Nothing was written.
 * @remedy Take another disk, or free this one: the message says what is in the way.
 * @example
 * Disk INTEL SSDSA2CT04 serial CVPR1450KS2C01 (37.3 GiB) of core3 cannot be used: it is \
 * read-only. Nothing was written.
 */
export class DiskUnsuitable extends Error {
  override name = 'DiskUnsuitable';
}

/**
 * The one disk that the spec means. Throws DiskNotFound, DiskAmbiguous, DiskUnsuitable; each says
 * what is there. `only` counts what could be a server's disk: nothing removable or read-only.
 */
export function selectDisk(
  devices: BlockDevice[],
  selector: DiskSelector,
  needs: { server: string; minBytes: number },
): BlockDevice {
  const wanted = matching(devices, selector);
  const [device, second] = wanted;
  if (device === undefined) {
    throw new DiskNotFound(
      `${needs.server} has no disk with ${inWords(selector)}. It has: ${listed(devices)}. ` +
        `Nothing was written. A technician may have replaced the disk: correct the spec.`,
    );
  }
  if (second !== undefined) {
    const example = wanted.find(({ serial }) => serial !== '')?.serial ?? 'SERIAL';
    throw new DiskAmbiguous(
      `${needs.server} has ${wanted.length} disks with ${inWords(selector)}: ${listed(wanted)}. ` +
        `Say which one in the spec, like  disk: { serial: ${example} }`,
    );
  }
  const reason = unsuitable(device, needs.minBytes);
  if (reason !== null) {
    throw new DiskUnsuitable(
      `Disk ${described(device)} of ${needs.server} cannot be used: ${reason}. Nothing was written.`,
    );
  }
  return device;
}

function matching(devices: BlockDevice[], selector: DiskSelector): BlockDevice[] {
  if ('serial' in selector) return devices.filter(({ serial }) => serial === selector.serial);
  if ('wwn' in selector) return devices.filter(({ wwn }) => wwn === selector.wwn);
  return devices.filter(({ readOnly, removable }) => !readOnly && !removable);
}

function unsuitable(device: BlockDevice, minBytes: number): string | null {
  if (diskIdentity(device) === '') {
    return 'it has neither a serial nor a WWN, so that it cannot be told from another disk';
  }
  if (device.logicalSectorBytes !== 512) {
    return `its sectors have ${device.logicalSectorBytes} bytes, the image is made for 512`;
  }
  if (device.readOnly) return 'it is read-only';
  if (device.busy.length > 0) return `it is in use (${device.busy.join('; ')})`;
  if (device.sizeBytes < minBytes) {
    return `it has ${formatSize(device.sizeBytes)}, the image needs ${formatSize(minBytes)}`;
  }
  return null;
}

function inWords(selector: DiskSelector): string {
  if ('serial' in selector) return `serial ${selector.serial}`;
  return 'wwn' in selector ? `WWN ${selector.wwn}` : 'disk: { only: true }';
}

function listed(devices: BlockDevice[]): string {
  return devices.length === 0 ? 'no disk at all' : devices.map(described).join('; ');
}

function described(device: BlockDevice): string {
  const serial = device.serial === '' ? 'no serial' : `serial ${device.serial}`;
  const wwn = device.wwn === '' ? '' : `, WWN ${device.wwn}`;
  const model = device.model === '' ? 'disk' : device.model;
  return `${model} ${serial}${wwn} (${formatSize(device.sizeBytes)})`;
}
