/** A filesystem as its superblock tells it. */
export type Filesystem = {
  type: string;
  label: string;
  uuid: string;
  lastMounted: string | null;
  usedBytes: number | null;
};

export type Partition = {
  number: number;
  startSector: number;
  sizeSectors: number;
  /** Type GUID of GPT (lower-case), hex type of dos. */
  typeGuid: string;
  partUuid: string;
  name: string;
  attributes: string;
  filesystem: Filesystem | null;
};

/** A disk of the server, as `inspect` saw it. */
export type BlockDevice = {
  /** Good for this boot only; never a way to choose a disk. */
  path: string;
  serial: string;
  wwn: string;
  model: string;
  sizeBytes: number;
  logicalSectorBytes: number;
  rotational: boolean;
  /** sata, nvme, usb, … or empty. */
  transport: string;
  readOnly: boolean;
  removable: boolean;
  /** gpt, dos, … or `none`. */
  tableKind: string;
  /** `empty`, or 12 hex digits over the partition entries (else over the signatures). */
  fingerprint: string;
  /** `sfdisk --json` of the disk, for finalTable; null without a table. */
  tableJson: string | null;
  partitions: Partition[];
  /** What lies on the whole disk, without a table: a filesystem, a RAID or LVM member. */
  wholeDisk: Filesystem | null;
  /** Why the disk is in use; empty: it is free. */
  busy: string[];
};

/** How a person names the disk: its serial, else its WWN. */
export function diskIdentity(device: Pick<BlockDevice, 'serial' | 'wwn'>): string {
  return device.serial === '' ? device.wwn : device.serial;
}
