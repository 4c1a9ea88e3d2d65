import type { DiskSelector } from '../spec/server-spec.ts';
import { formatSize } from '../spec/units.ts';
import type { BlockDevice } from './block-device.ts';
import { diskIdentity } from './block-device.ts';

/** The server has no disk like the one that the spec names. */
export class DiskNotFound extends Error {
  override name = 'DiskNotFound';
}

/** More than one disk could be meant: the spec must name one. */
export class DiskAmbiguous extends Error {
  override name = 'DiskAmbiguous';
}

/** The disk is there, but nothing can be installed on it. */
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
