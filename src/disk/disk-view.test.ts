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
    expect(view.partitions.map(({ number, fate }) => [number, fate])).toEqual([
      [1, 'dies'],
      [9, 'dies'],
      [9, 'made'],
      [10, 'made'],
      [11, 'made'],
    ]);
    const [root, data, containers] = view.partitions.slice(2).map(({ becomes }) => becomes);
    expect(root).toMatchObject({ sizeBytes: 100 * gib, roughly: false, mount: '/' });
    expect(data).toMatchObject({ sizeBytes: gib, filesystem: 'ext4', mount: '/srv/data' });
    // Where ROOT starts is known once the image is: until then what is left is told roughly.
    expect(containers).toMatchObject({ roughly: true, filesystem: 'btrfs', mount: null });
    expect(view.partitions[0]?.now).toBe('ext4, last mounted /boot, 1 GiB in use');
  });

  it('where our own scripts have mounted it is no use that a person has made of it', () => {
    const [boot] = device.partitions;
    if (!boot?.filesystem) throw new Error('the sample has a filesystem');
    const filesystem = { ...boot.filesystem, lastMounted: '/run/ironstep/work.AORRGr/mounted' };
    const view = diskView({ ...device, partitions: [{ ...boot, filesystem }] }, null);
    expect(view.partitions[0]?.now).toBe('ext4, 1 GiB in use');
  });

  it('without a layout ROOT takes what is left', () => {
    const root = diskView(device, null).partitions.at(-1)?.becomes;
    expect(root).toMatchObject({ name: 'ROOT', roughly: true });
    expect(root?.sizeBytes).toBeLessThan(device.sizeBytes);
    expect(root?.sizeBytes).toBeGreaterThan(device.sizeBytes - 10 * gib);
  });

  it('a system that only lacks its layout: ROOT shrinks, what is behind it is made', () => {
    const table = {
      partitiontable: {
        label: 'gpt',
        device: '/dev/sda',
        unit: 'sectors',
        partitions: [{ node: '/dev/sda9', start: 4_000_000, size: 400_000_000, type: 'x' }],
      },
    };
    const layout = {
      apply: 'shrink' as const,
      root: 100 * gib,
      partitions: [{ name: 'data', size: 'rest' as const, filesystem: 'ext4' as const }],
    };
    const ours = { ...device, tableJson: JSON.stringify(table) };
    const { partitions } = diskView(ours, layout, 'repartition');
    expect(partitions.map(({ number, fate }) => [number, fate])).toEqual([
      [1, 'stays'],
      [9, 'shrinks'],
      [10, 'made'],
    ]);
    // The table tells where ROOT starts, so nothing is rough any more.
    expect(partitions[2]?.becomes).toMatchObject({ roughly: false });
    expect(diskView(ours, layout, 'nothing').partitions.map(({ fate }) => fate)).toEqual([
      'stays',
      'stays',
    ]);
  });

  it('a filesystem on the whole disk dies as well', () => {
    const whole = { type: 'xfs', label: 'backup', uuid: '', lastMounted: null, usedBytes: null };
    const { partitions } = diskView({ ...device, partitions: [], wholeDisk: whole }, null);
    expect(partitions[0]).toMatchObject({ name: 'backup', fate: 'dies', number: null });
  });
});
