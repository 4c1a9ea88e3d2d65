import { describe, expect, it } from 'vitest';

import type { SolvedLayout } from './layout.ts';
import type { PartitionTable } from './partition-table.ts';
import { parsePartitionTable } from './partition-table.ts';
import { finalTable } from './table.ts';

const image = JSON.stringify({
  partitiontable: {
    label: 'gpt',
    id: '00000000-0000-0000-0000-000000000001',
    device: '/dev/loop0',
    unit: 'sectors',
    firstlba: 34,
    lastlba: 16_515_038,
    sectorsize: 512,
    partitions: [
      {
        node: '/dev/loop0p3',
        start: 2_105_344,
        size: 4_194_304,
        type: '5DFBF5F4-2848-4BAC-AA5E-0D9A20B745A6',
        uuid: '7130C94A-213A-4E5A-8E26-6CCE9662F132',
        name: 'USR-A',
        attrs: 'GUID:48,56',
      },
      {
        node: '/dev/loop0p9',
        start: 12_722_176,
        size: 3_653_632,
        type: '3884DD41-8582-4404-B9A8-E9B84F2DF50E',
        uuid: '11111111-2222-4333-8444-555555555555',
        name: 'ROOT',
      },
    ],
  },
});

const solved: SolvedLayout = {
  rootStartSector: 12_722_176,
  rootSizeSectors: 209_715_200,
  partitions: [
    {
      number: 10,
      name: 'data',
      startSector: 222_437_376,
      sizeSectors: 2048,
      filesystem: 'ext4',
      mount: null,
      partUuid: 'AAAAAAAA-2222-4333-8444-555555555555',
    },
  ],
};

describe('finalTable', () => {
  it('changes nothing of the image but the size of ROOT, and adds the partitions', () => {
    expect(finalTable(parsePartitionTable(image), solved)).toBe(`label: gpt
label-id: 00000000-0000-0000-0000-000000000001
unit: sectors
first-lba: 34

3 : start=2105344, size=4194304, type=5dfbf5f4-2848-4bac-aa5e-0d9a20b745a6, uuid=7130c94a-213a-4e5a-8e26-6cce9662f132, name="USR-A", attrs="GUID:48,56"
9 : start=12722176, size=209715200, type=3884dd41-8582-4404-b9a8-e9b84f2df50e, uuid=11111111-2222-4333-8444-555555555555, name="ROOT"
10 : start=222437376, size=2048, type=0fc63daf-8483-4772-8e79-3d69d8477de4, uuid=aaaaaaaa-2222-4333-8444-555555555555, name="data"
`);
  });

  it('keeps ROOT as it is without a layout', () => {
    expect(finalTable(parsePartitionTable(image), null)).toContain('size=3653632');
  });

  it('does not add a partition twice', () => {
    const once = parsePartitionTable(image);
    const twice: PartitionTable = {
      ...once,
      entries: [
        ...once.entries,
        {
          number: 10,
          startSector: 222_437_376,
          sizeSectors: 2048,
          type: '0fc63daf-8483-4772-8e79-3d69d8477de4',
          partUuid: 'aaaaaaaa-2222-4333-8444-555555555555',
          name: 'data',
          attributes: '',
        },
      ],
    };
    expect(finalTable(twice, solved)).toBe(finalTable(once, solved));
  });

  it('refuses a layout for another start of ROOT, and a name that would break the script', () => {
    expect(() =>
      finalTable(parsePartitionTable(image), { ...solved, rootStartSector: 4_857_856 }),
    ).toThrow(/ROOT starts at sector 12722176/);
    const hostile = image.replace('USR-A', 'A\\", size=\\"1');
    expect(() => finalTable(parsePartitionTable(hostile), null)).toThrow(/cannot be kept/);
  });
});
