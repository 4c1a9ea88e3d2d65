import { describe, expect, it } from 'vitest';

import type { BlockDevice } from './block-device.ts';
import { diskView } from './disk-view.ts';
import { usedDisk } from './sample-disk.ts';

describe('diskView', () => {
  const device: BlockDevice = {
    ...usedDisk,
    partitions: [
      {
        number: 1,
        startSector: 2048,
        sizeSectors: 2_000_000,
        typeGuid: '',
        partUuid: 'a',
        name: '',
        attributes: '',
        filesystem: { type: 'ext4', label: '', uuid: '', lastMounted: '/boot', usedBytes: 2 ** 30 },
      },
      {
        number: 9,
        startSector: 4_000_000,
        sizeSectors: 400_000_000,
        typeGuid: '',
        partUuid: 'b',
        name: 'ROOT',
        attributes: '',
        filesystem: null,
      },
    ],
  };
  const solved = {
    rootStartSector: 4_000_000,
    rootSizeSectors: 209_715_200,
    partitions: [
      {
        number: 10,
        name: 'data',
        startSector: 213_715_200,
        sizeSectors: 2 ** 21,
        filesystem: 'ext4' as const,
        mount: '/srv/data',
        partUuid: 'c',
      },
    ],
  };
  const fates = (phase: 'install' | 'repartition') =>
    diskView(device, phase, solved).partitions.map(({ number, fate, then }) => [
      number,
      fate,
      then,
    ]);

  it('install: all dies, ROOT and the layout are made', () => {
    expect(fates('install')).toEqual([
      [1, 'dies', 'dies'],
      [9, 'dies', 'dies'],
      [9, 'made', '100 GiB ext4'],
      [10, 'made', '1 GiB ext4   /srv/data'],
    ]);
    expect(diskView(device, 'install', solved).partitions[0]?.now).toBe(
      'ext4, last mounted /boot, 1 GiB in use',
    );
  });

  it('repartition: ROOT shrinks, the rest stays', () => {
    expect(fates('repartition')).toEqual([
      [1, 'stays', 'stays'],
      [9, 'shrinks', 'shrinks to 100 GiB'],
      [10, 'made', '1 GiB ext4   /srv/data'],
    ]);
  });
});
