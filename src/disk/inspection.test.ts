import { describe, expect, it } from 'vitest';

import { InspectionUnreadable, parseInspection } from './inspection.ts';

const system = `boot-id
\t1d8e50da-4c54-43f1-816a-228db479ce9d
command-line
\trescue console=ttyS0
firmware
\tuefi
memory-bytes
\t536870912
root-source
\toverlay
tools
\tsfdisk=2.38.1
\tmdadm=
`;

const disk = `disk /dev/sda
\tserial=WD-WCC4M0KS2A01
\twwn=0x5000c500
\ttype=disk
\tmodel=WDC WD20EZRX
\tsize=2000398934016
\tlog-sec=512
\trota=1
\ttran=sata
\tro=0
\trm=0
\tfingerprint=7c1e90aabbcc
table /dev/sda
\t{"partitiontable":{"label":"dos","id":"0x1","device":"/dev/sda","unit":"sectors",
\t"partitions":[{"node":"/dev/sda1","start":2048,"size":4096,"type":"83"}]}}
whole /dev/sda
\tPTTYPE=dos
busy /dev/sda
\tsda1 is mounted at /mnt
partition /dev/sda 1
\tLABEL=my\\ label
\tTYPE=ext4
\tUUID=u
\tlast-mounted=/srv/a
\tused-bytes=4096
receipt /dev/sda install.json
\t{
\tdisk /dev/sdb
\t}
`;

describe('parseInspection', () => {
  it('reads the system and its disks', () => {
    const inspection = parseInspection(system + disk);
    expect(inspection).toMatchObject({
      bootId: '1d8e50da-4c54-43f1-816a-228db479ce9d',
      kernelCommandLine: 'rescue console=ttyS0',
      firmware: 'uefi',
      memoryBytes: 536_870_912,
      tools: { sfdisk: '2.38.1', mdadm: null },
    });
    expect(inspection.devices).toHaveLength(1);
    expect(inspection.devices[0]).toMatchObject({
      serial: 'WD-WCC4M0KS2A01',
      tableKind: 'dos',
      rotational: true,
      busy: ['sda1 is mounted at /mnt'],
      partitions: [
        {
          number: 1,
          typeGuid: '83',
          filesystem: { type: 'ext4', label: 'my label', lastMounted: '/srv/a', usedBytes: 4096 },
        },
      ],
    });
  });

  it('a receipt cannot pretend to be a section', () => {
    const { devices, receipts } = parseInspection(system + disk);
    expect(devices).toHaveLength(1);
    expect(receipts).toEqual({ '/dev/sda': { 'install.json': '{\ndisk /dev/sdb\n}' } });
  });

  it("leaves out the rescue system's own disk", () => {
    const own = disk.replaceAll('/dev/sda', '/dev/vda').replace('WD-WCC4M0KS2A01', 'rescue');
    expect(parseInspection(system + disk + own).devices.map(({ path }) => path)).toEqual([
      '/dev/sda',
    ]);
  });

  it('says what it could not read', () => {
    expect(() => parseInspection('sh: not found')).toThrow(InspectionUnreadable);
  });
});
