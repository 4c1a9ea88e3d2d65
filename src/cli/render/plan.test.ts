import { expect, test } from 'vitest';

import { nothingLeft, oldSystemSeen, unknownServer } from '../../../test/fixtures/example-plans.ts';
import { planLines } from './plan.ts';
import type { View } from './view.ts';

const view: View = {
  columns: 100,
  nowMs: 0,
  paint: (_style, text) => text,
  program: 'ironstep',
};

test('a server that nobody has looked into: what is known, and what cannot be yet', () => {
  expect(`\n${planLines(unknownServer, 'core2.yaml', view).join('\n')}\n`).toBe(`
core2 on ns3067890.ip-5-39-80.eu (ovh, account kimsufi) · presize: 2 boots, about 20 min on such a
server

  now       nothing answers that ironstep knows: an old system, or none
  disk      1 × 1000 GB SATA by the provider's data
  layout    ROOT 100 GiB ext4 · data 500 GiB ext4 /srv/data · containers about 325 GiB btrfs
            /var/lib/docker
  image     Flatcar stable 4593.2.4 · sha512 1f0c…9a · signature good (primary key
            F88CFEDE…0593B34A)
  settings  changed, and put back at the end: monitoring on → off · boot target disk → rescue, then
            disk · rescue key as it is → ironstep's

  Not known before rescue is up: serial and contents of the disk, firmware, tools.

Nothing was changed.
To go ahead:
  ironstep provision core2.yaml
`);
});

test('a disk that was read shows what dies, and the token that allows it', () => {
  const lines = planLines(oldSystemSeen, 'core2.yaml', view);
  expect(lines).toContain('  disk  ST1000DM003 serial Z1D5KS2B (1.0 TB, rotational)');
  expect(lines.find((line) => line.includes('/boot'))).toMatch(/ext4, last mounted \/boot +DIES$/);
  expect(lines.slice(-3)).toEqual([
    'Nothing was changed.',
    'To go ahead, and destroy what dies:',
    '  ironstep provision core2.yaml --wipe Z1D5KS2B:7c1e90aabbcc',
  ]);
});

test('a server that is as the spec says has nothing to go ahead with', () => {
  const lines = planLines(nothingLeft, 'core2.yaml', view);
  expect(lines[0]).toContain('nothing to install');
  expect(lines.at(-1)).toBe('Nothing was changed.');
});

test('no line is wider than the terminal, but commands, which are there to be copied', () => {
  for (const columns of [60, 80, 120]) {
    const lines = planLines(oldSystemSeen, 'core2.yaml', { ...view, columns });
    const wide = lines.filter((line) => line.length > columns);
    expect(wide.filter((line) => !line.startsWith('  ironstep '))).toEqual([]);
  }
});
