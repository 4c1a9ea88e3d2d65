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
  const gib = 2 ** 30;

  it('everything that is there dies, ROOT and the layout are made', () => {
    const view = diskView(device, {
      apply: 'presize',
      root: 100 * gib,
      partitions: [
        { name: 'data', size: gib, filesystem: 'ext4', mount: '/srv/data' },
        { name: 'containers', size: 'rest', filesystem: 'btrfs' },
      ],
    });
    expect(view.partitions.map(({ number, fate, then }) => [number, fate, then])).toEqual([
      [1, 'dies', 'dies'],
      [9, 'dies', 'dies'],
      [9, 'made', '100 GiB ext4'],
      [10, 'made', '1 GiB ext4   /srv/data'],
      [11, 'made', 'the rest btrfs'],
    ]);
    expect(view.partitions[0]?.now).toBe('ext4, last mounted /boot, 1 GiB in use');
  });

  it('without a layout ROOT takes what is left', () => {
    expect(diskView(device, null).partitions.at(-1)?.then).toBe('the rest ext4');
  });

  it('a filesystem on the whole disk dies as well', () => {
    const whole = { type: 'xfs', label: 'backup', uuid: '', lastMounted: null, usedBytes: null };
    const { partitions } = diskView({ ...device, partitions: [], wholeDisk: whole }, null);
    expect(partitions[0]).toMatchObject({ name: 'backup', fate: 'dies', number: null });
  });
});
