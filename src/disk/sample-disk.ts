import type { BlockDevice } from './block-device.ts';

/** For tests: an empty disk, and one with contents. */
export const emptyDisk: BlockDevice = {
  path: '/dev/sda',
  serial: 'WD-1',
  wwn: '0x5000c5001',
  model: 'WDC WD20EZRX',
  sizeBytes: 2_000_398_934_016,
  logicalSectorBytes: 512,
  rotational: true,
  transport: 'sata',
  readOnly: false,
  removable: false,
  tableKind: 'none',
  fingerprint: 'empty',
  tableJson: null,
  partitions: [],
  wholeDisk: null,
  busy: [],
};
export const usedDisk: BlockDevice = { ...emptyDisk, fingerprint: '7c1e90aabbcc' };
