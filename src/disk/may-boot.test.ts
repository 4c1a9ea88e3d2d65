import { expect, it } from 'vitest';

import type { Inspection } from './inspection.ts';
import { whyNotBoot } from './may-boot.ts';
import { usedDisk } from './sample-disk.ts';

const disk = { ...usedDisk, serial: 'A' };
const blank = { ...disk, path: '/dev/sdb', serial: 'B', fingerprint: 'empty' };

function seen(found: Partial<Inspection>): Inspection {
  return {
    bootId: '',
    kernelCommandLine: '',
    firmware: 'bios',
    memoryBytes: 0,
    tools: {},
    rootSource: 'overlay',
    begunSerials: [],
    devices: [disk, blank],
    receipts: {},
    ...found,
  };
}

const installed = { '/dev/sda': { 'install.json': '{}' } };

it.each<[string, Partial<Inspection>, string[]]>([
  ['a system of somebody else', {}, []],
  ['an install that is finished', { begunSerials: ['A'], receipts: installed }, []],
  ['blank disks', { devices: [blank] }, ['no disk holds anything that could boot']],
  [
    'an install that was begun',
    { begunSerials: ['A'] },
    ['an install was begun on A and is not finished'],
  ],
  [
    'a blank disk beside an old system, which would boot instead',
    { begunSerials: ['B'] },
    ['an install was begun on B and is not finished'],
  ],
  [
    'half a shrink',
    { receipts: { '/dev/sda': { 'install.json': '{}', 'repartition.begun': '' } } },
    ['shrinking ROOT was begun on A and is not finished'],
  ],
])('%s', (_, found, reasons) => {
  expect(whyNotBoot(seen(found))).toEqual(reasons);
});
