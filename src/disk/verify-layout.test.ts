import { describe, expect, it } from 'vitest';

import { parseInstalledFacts } from './installed-facts.ts';
import type { SolvedLayout } from './layout.ts';
import { compareLayout } from './verify-layout.ts';

const rootSectors = 209_715_200;

/** What verify.sh says about the how-to's 100 GiB ROOT, which `df -h` shows as 97G there. */
function facts(change: (text: string) => string = (text) => text): string {
  return change(`boot-id
\tb
root-source
\t/dev/sda9
disk /dev/sda
\tserial=S1
\twwn=
\tsize=2000398934016
\tlog-sec=512
table /dev/sda
\t{"partitiontable":{"label":"gpt","id":"x","device":"/dev/sda","unit":"sectors","partitions":[
\t{"node":"/dev/sda9","start":12722176,"size":${rootSectors},"type":"3884DD41","uuid":"R","name":"ROOT"},
\t{"node":"/dev/sda10","start":222437376,"size":2048,"type":"0FC63DAF","uuid":"D","name":"data"}]}}
filesystem /dev/sda9
\tTYPE=ext4
filesystem /dev/sda10
\tTYPE=ext4
mounts
\t{"filesystems":[{"source":"/dev/sda9","target":"/"},{"source":"/dev/sda9[/etc]","target":"/etc"},
\t{"source":"/dev/sda10","target":"/srv/data"}]}
df
\tFilesystem Mounted 1B-blocks Avail
\t/dev/sda9 / 105089261568 99000000000
\t/dev/sda10 /srv/data 900000 800000
superblock
\tBlock count:              26214400
\tOverhead clusters:        557962
\tBlock size:               4096
failed-units
\tuser.service
`);
}

const solved: SolvedLayout = {
  rootStartSector: 12_722_176,
  rootSizeSectors: rootSectors,
  partitions: [
    {
      number: 10,
      name: 'data',
      startSector: 222_437_376,
      sizeSectors: 2048,
      filesystem: 'ext4',
      mount: '/srv/data',
      partUuid: 'D',
    },
  ],
};

function differences(change?: (text: string) => string): (string | undefined)[] {
  return compareLayout(solved, parseInstalledFacts(facts(change))).map(
    ({ difference }) => difference,
  );
}

describe('compareLayout', () => {
  it('all as the spec says', () => {
    const [root, data] = compareLayout(solved, parseInstalledFacts(facts()));
    expect(root).toMatchObject({
      name: 'ROOT',
      device: '/dev/sda9',
      mount: '/',
      filesystemBytes: 105_089_261_568,
      asSpecified: true,
    });
    expect(data).toMatchObject({ device: '/dev/sda10', mount: '/srv/data', asSpecified: true });
    expect(parseInstalledFacts(facts()).failedUnits).toEqual(['user.service']);
  });

  it.each([
    ['ROOT moved', '"start":12722176', '"start":12722180', /starts at sector 12722180/],
    ['ROOT grew again', `"size":${rootSectors}`, '"size":409715200', /has 195 GiB, not 100 GiB/],
    ['filesystem too small', '26214400', '20000000', /its filesystem has 76.3 GiB of 100 GiB/],
    ['df says less', '105089261568', '90000000000', /df says 83.8 GiB, the superblock 97.9 GiB/],
    ['another disk runs', '\t/dev/sda9\ndisk', '\t/dev/sdb9\ndisk', /runs from \/dev\/sdb9/],
  ])('%s', (_, from, to, message) => {
    expect(differences((text) => text.replace(from, to))[0]).toMatch(message);
  });

  it.each([
    ['not mounted', '"source":"/dev/sda10"', '"source":"/dev/sdb1"', /mounted at no place/],
    ['another filesystem', 'sda10\n\tTYPE=ext4', 'sda10\n\tTYPE=xfs', /holds xfs, not ext4/],
    ['missing', '"uuid":"D"', '"uuid":"E"', /no partition has PARTUUID D/],
  ])('data %s', (_, from, to, message) => {
    expect(differences((text) => text.replace(from, to))[1]).toMatch(message);
  });
});
