import { describe, expect, it } from 'vitest';

import type { BlockDevice } from './block-device.ts';
import { emptyDisk } from './sample-disk.ts';
import { DiskAmbiguous, DiskNotFound, DiskUnsuitable, selectDisk } from './select-disk.ts';

describe('selectDisk', () => {
  const needs = { server: 'core1', minBytes: 8e9 };
  const other: BlockDevice = { ...emptyDisk, path: '/dev/sdb', serial: 'WD-2', wwn: '' };

  it('finds by serial, by WWN, or the only one', () => {
    expect(selectDisk([emptyDisk, other], { serial: 'WD-2' }, needs)).toBe(other);
    expect(selectDisk([emptyDisk, other], { wwn: '0x5000c5001' }, needs)).toBe(emptyDisk);
    const stick: BlockDevice = { ...other, removable: true };
    expect(selectDisk([emptyDisk, stick], { only: true }, needs)).toBe(emptyDisk);
  });

  it('lists by serial what is there when nothing or too much matches', () => {
    const absent = () => selectDisk([emptyDisk, other], { serial: 'WD-9' }, needs);
    expect(absent).toThrow(DiskNotFound);
    expect(absent).toThrow(/core1 has no disk with serial WD-9.*WD-1.*WD-2/);
    const several = () => selectDisk([emptyDisk, other], { only: true }, needs);
    expect(several).toThrow(DiskAmbiguous);
    expect(several).toThrow(/disk: \{ serial: WD-1 \}/);
  });

  it.each([
    [{ logicalSectorBytes: 4096 }, /4096/],
    [{ readOnly: true }, /read-only/],
    [{ busy: ['sda1 is mounted at /'] }, /sda1 is mounted/],
    [{ sizeBytes: 4e9 }, /the image needs/],
    [{ serial: '', wwn: '' }, /neither a serial nor a WWN/],
  ])('refuses %o', (difference, message) => {
    const device: BlockDevice = { ...emptyDisk, ...difference };
    const wwn = device.wwn === '' ? '' : '0x5000c5001';
    const choose = () => selectDisk([device], { wwn }, needs);
    expect(choose).toThrow(DiskUnsuitable);
    expect(choose).toThrow(message);
  });
});
