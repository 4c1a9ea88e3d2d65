/**
 * Permission to write to one disk, taken by one `inspect` (DESIGN invariant 2). The host checks it
 * directly before the first irreversible write. `add-key` destroys nothing; its lease allows no
 * more than our own files on ROOT.
 */
export type WipeLease = {
  /** Names the lease in the host's records; from server, disk, phase and digest, never a run id. */
  id: string;
  phase: 'install' | 'repartition' | 'add-key';
  server: string;
  serial: string;
  wwn: string;
  sizeBytes: number;
  /** Of the compressed image; null when nothing is installed. */
  imageSha512: string | null;
  /** What the disk held when it was approved: `empty`, or the fingerprint. */
  fingerprint: string;
  /** Of the boot whose inspect took the lease: not begun, it is void in any other. */
  bootId: string;
};

/**
 * A lease with something in it that has no business there; nothing was written anywhere.
 *
 * @where install, repartition
 * @changed Nothing was written: no lease, no write.
 * @remedy Report it: such a lease should never have been made.
 * @example
 * the lease for core1 has no fingerprint
 */
export class LeaseInvalid extends Error {
  override name = 'LeaseInvalid';
}

/** Printable ASCII: serials may hold spaces, nothing may hold a line break. */
const safeValue = /^[\x20-\x7e]*$/;

/** The file `lease` of a destructive job: key=value lines. Throws LeaseInvalid. */
export function renderLease(lease: WipeLease): string {
  if (!/^[A-Za-z0-9._-]+$/.test(lease.id)) throw new LeaseInvalid(`lease id "${lease.id}"`);
  if (lease.serial === '' && lease.wwn === '') {
    throw new LeaseInvalid(`the lease for ${lease.server} names no disk by serial or WWN`);
  }
  if (!/^(empty|[0-9a-f]{12,64})$/.test(lease.fingerprint)) {
    throw new LeaseInvalid(`the lease for ${lease.server} has no fingerprint`);
  }
  const lines = {
    id: lease.id,
    phase: lease.phase,
    server: lease.server,
    serial: lease.serial,
    wwn: lease.wwn,
    'size-bytes': String(lease.sizeBytes),
    'image-sha512': lease.imageSha512 ?? '',
    fingerprint: lease.fingerprint,
    'boot-id': lease.bootId,
  };
  return Object.entries(lines)
    .map(([key, value]) => {
      if (!safeValue.test(value)) throw new LeaseInvalid(`${key} of the lease: "${value}"`);
      return `${key}=${value}\n`;
    })
    .join('');
}
