/** One model of disk, as the guest's lsblk shows it. */
export type DiskModel = {
  sizeBytes: number;
  /** SCSI INQUIRY holds 16 characters of it. */
  model: string;
  firmware: string;
  bus: 'scsi' | 'nvme';
  /** Turns a minute; 1 means that nothing turns (SCSI, Block Device Characteristics). */
  rotationRate: number;
  /** Serial number of the n-th disk of this model in the lab, n ≥ 1. */
  serial: (ordinal: number) => string;
  /** WWN of disk number 0: NAA 5, the maker's OUI. */
  firstWwn: bigint;
  /** What the provider calls it. */
  type: 'SATA' | 'SSD' | 'NVMe';
};

/** What a person rents: a kind of server with its disks. */
export type HardwareKind = {
  /** Name in the provider's catalogue. */
  name: string;
  processor: string;
  /** What the provider says. The machine itself has less: see `machineMemoryMiB`. */
  memoryMiB: number;
  firmware: 'bios' | 'uefi';
  disks: DiskModel[];
};

/** RAM of every lab machine: enough for rescue and OS, and three fit into a small host. */
export const machineMemoryMiB = 512;
export const machineCpus = 2;

const two = (ordinal: number) => String(ordinal).padStart(2, '0');

const wdGreen2T: DiskModel = {
  sizeBytes: 2_000_398_934_016,
  model: 'WDC WD20EZRX',
  firmware: '0A80',
  bus: 'scsi',
  rotationRate: 5400,
  serial: (ordinal) => `WD-WCC4M0KS2A${two(ordinal)}`,
  firstWwn: 0x50014ee2_b0000000n,
  type: 'SATA',
};

const barracuda1T: DiskModel = {
  sizeBytes: 1_000_204_886_016,
  model: 'ST1000DM003',
  firmware: 'CC49',
  bus: 'scsi',
  rotationRate: 7200,
  // Seagate's have 8 characters: Z1D5KS2B, Z1D5KS2C, …
  serial: (ordinal) => `Z1D5K${(parseInt('S2A', 36) + ordinal).toString(36).toUpperCase()}`,
  firstWwn: 0x5000c500_60000000n,
  type: 'SATA',
};

const intel40G: DiskModel = {
  sizeBytes: 40_020_664_320,
  model: 'INTEL SSDSA2CT04',
  firmware: '0302',
  bus: 'scsi',
  rotationRate: 1,
  serial: (ordinal) => `CVPR1450KS2C${two(ordinal)}`,
  firstWwn: 0x50015179_50000000n,
  type: 'SSD',
};

const samsung512G: DiskModel = {
  sizeBytes: 512_110_190_592,
  model: 'SAMSUNG MZVL2512HCJQ-00B07',
  firmware: 'GXA7801Q',
  bus: 'nvme',
  rotationRate: 1,
  serial: (ordinal) => `S63CNF0KS5N${two(ordinal)}`,
  firstWwn: 0n,
  type: 'NVMe',
};

/** The kinds of server that the lab has. Sizes and models are those of real disks. */
export const hardwareKinds = {
  'KS-2a': ks('KS-2a', [wdGreen2T]),
  'KS-2b': ks('KS-2b', [barracuda1T]),
  'KS-2c': ks('KS-2c', [intel40G]),
  'KS-2d': ks('KS-2d', [barracuda1T, barracuda1T]),
  'KS-5n': { ...ks('KS-5n', [samsung512G]), firmware: 'uefi' },
} satisfies Record<string, HardwareKind>;

export type HardwareKindName = keyof typeof hardwareKinds;

function ks(name: string, disks: DiskModel[]): HardwareKind {
  return { name, processor: 'Atom N2800', memoryMiB: 4096, firmware: 'bios', disks };
}

/** The kind of this name, or null. */
export function findHardwareKind(name: string): HardwareKind | null {
  return Object.hasOwn(hardwareKinds, name) ? hardwareKinds[name as HardwareKindName] : null;
}
