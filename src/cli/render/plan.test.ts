import { expect, test } from 'vitest';

import { nothingLeft, oldSystemSeen, unknownServer } from '../../../test/fixtures/example-plans.ts';
import type { ServerPlan } from '../../run/server-plan.ts';
import { planLines } from './plan.ts';
import { widthOf } from './text.ts';
import type { View } from './view.ts';

const view: View = {
  columns: 80,
  nowMs: 0,
  paint: (_style, text) => text,
  program: 'ironstep',
};

const shown = (plan: ServerPlan): string => `\n${planLines(plan, 'core2.yaml', view).join('\n')}\n`;

test('a server that nobody has looked into: what is known, and what cannot be yet', () => {
  expect(shown(unknownServer)).toMatchInlineSnapshot(`
    "
    core2 on ns3067890.ip-5-39-80.eu (ovh, account kimsufi)
    presize: 2 boots, about 20 min

      server    KS-2b, Atom N2800, 4 GiB of memory, BIOS · gra2 · 5.39.80.90
      answers   a system that knows no key of ironstep
      disk      1 × 1000 GB SATA, says the provider
      layout    ROOT        100 GiB        ext4
                data        500 GiB        ext4   /srv/data
                containers  about 325 GiB  btrfs  /var/lib/docker
      image     Flatcar stable 4593.2.4, sha512 1f0c0000…0000009a
                signature good, primary key F88CFEDE…0593B34A
      boots     rescue, disk (about 6 min each) + 8 min to install
      settings  boot target disk → rescue, monitoring on → off, rescue key none →
                ironstep's; put back at the end
      unknown   serial and contents of the disk, until rescue runs

    Nothing was changed.
    To go ahead:                          ironstep provision core2.yaml
    To see its disks first (a downtime):  ironstep plan core2.yaml --rescue
    "
  `);
});

test('a disk that was read shows what dies, and the token that allows it', () => {
  expect(shown(oldSystemSeen)).toMatchInlineSnapshot(`
    "
    core2 on ns3067890.ip-5-39-80.eu (ovh, account kimsufi)
    presize: 1 boot, about 14 min

      server    KS-2b, Atom N2800, 4 GiB of memory, BIOS · gra2 · 5.39.80.90
      answers   a rescue session of ironstep, which would be used
      disk      ST1000DM003 serial Z1D5KS2B (1.0 TB, rotational)
      now       1   -           976 MiB  ext4, last mounted /boot              DIES
                2   -           930 GiB  ext4, last mounted /, 212 GiB in use  DIES
      then      9   ROOT        100 GiB        ext4
                10  data        500 GiB        ext4   /srv/data
                11  containers  about 325 GiB  btrfs  /var/lib/docker
      image     Flatcar stable 4593.2.4, sha512 1f0c0000…0000009a
                signature good, primary key F88CFEDE…0593B34A
      boots     disk (about 6 min) + 8 min to install
      settings  boot target disk → rescue, monitoring on → off, rescue key none →
                ironstep's; put back at the end

    Nothing was changed.
    To go ahead and destroy what dies:
      ironstep provision core2.yaml --wipe Z1D5KS2B:7c1e90aabbcc
    "
  `);
});

test('a server that is as the spec says has nothing to go ahead with', () => {
  const lines = planLines(nothingLeft, 'core2.yaml', view);
  expect(lines[1]).toBe('as the spec says already: a run would only verify it');
  expect(lines.join('\n')).not.toMatch(/ boots |settings/);
  expect(lines.at(-1)).toBe('To verify it all the same:  ironstep provision core2.yaml');
});

test('a run that is under way is not disturbed, and is what there is to follow', () => {
  const lines = planLines(
    { ...unknownServer, answering: { kind: 'run-under-way' } },
    'core2.yaml',
    view,
  );
  expect(lines).toContain(
    '  answers   a run of this server is under way and was not disturbed to look',
  );
  expect(lines.at(-1)).toBe('To follow the run that is under way:  ironstep watch core2');
});

test('work of an earlier run that still goes on is named, and its disk is left alone', () => {
  const jobs = ['install-core2-1f0c'];
  const lines = planLines(
    { ...unknownServer, answering: { kind: 'rescue', jobs } },
    'core2.yaml',
    view,
  );
  expect(lines.join(' ')).toMatch(/install-core2-1f0c of an earlier +run still works/);
});

test.each([72, 80, 120])('no line but a command is wider than %i columns', (columns) => {
  for (const plan of [unknownServer, oldSystemSeen, nothingLeft]) {
    const lines = planLines(plan, 'core2.yaml', { ...view, columns });
    const wide = lines.filter((line) => widthOf(line) > columns);
    expect(wide.filter((line) => !line.startsWith('  ironstep '))).toEqual([]);
  }
});
