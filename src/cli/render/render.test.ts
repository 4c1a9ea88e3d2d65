import { describe, expect, test } from 'vitest';

import {
  ready,
  refused,
  runBeganMs,
  shrinking,
  waitingForApproval,
} from '../../../test/fixtures/example-runs.ts';
import type { LiveStatus } from '../../client/live-status.ts';
import { attentionLines } from './attention.ts';
import { endingLines } from './ending.ts';
import { listLines } from './list.ts';
import { plainLines } from './plain.ts';
import { statusLines } from './status.ts';
import { widthOf } from './text.ts';
import { timelineLines } from './timeline.ts';
import type { View } from './view.ts';

// Moments are shown in local time.
process.env['TZ'] = 'UTC';

const view: View = {
  columns: 80,
  nowMs: runBeganMs + 138_000,
  paint: (_style, text) => text,
  program: 'ironstep',
};

function shown(lines: readonly string[]): string {
  return `\n${lines.join('\n')}\n`;
}

describe('what a person sees in 80 columns', () => {
  test('a run that shrinks ROOT', () => {
    const rate = { perSecond: 1.6, leftMs: 20_000 };
    expect(shown(timelineLines(shrinking, view, rate))).toMatchInlineSnapshot(`
      "
      core1   ovh · ns3012345.ip-5-39-80.eu · Flatcar 4593.2.4 · shrink to 100 GiB ·
              2.0 TB WDC WD20EZRX serial WD-WCC4M0KS2A01
        ✔ preflight       1s   2.0 TB fits, image lab-1 signed by the lab's key 3A1C…
        ✔ rescue         24s   task 8123 done in 9s · rescue answered after 15s ·
                               proof: new boot id, rescue kernel
        ✔ inspect         1s   1 disk, empty · BIOS · 512 MiB
        ✔ approve         0s   serial WD-WCC4M0KS2A01, empty: covered by --wipe
        ✔ install        21s   1.3 GB written, sha512 ok, bootable last
        ✔ boot           14s
        ✔ first-boot     19s   core1 answers with its own host key
        ✔ rescue         20s
        ● repartition    38s   shrinking ROOT 1.8 TiB → 100 GiB
                               ██████████░░░░░░  68 %  about 20s left
      "
    `);
  });

  test('a failed attempt of what is under way is told', () => {
    const again: LiveStatus = { ...shrinking, activityAttempt: 3, lastFailure: 'no SSH banner' };
    expect(timelineLines(again, view, null).at(-1)).toContain(
      'try 3, the last one ended: no SSH banner',
    );
  });

  test('a run that waits for approval', () => {
    expect(shown(attentionLines(waitingForApproval, view))).toMatchInlineSnapshot(`
      "
      ⏸ core2 waits for your yes to destroy what is on Z1D5KS2B (since 09:00)
        It now runs the rescue system; nothing was written.

        disk  ST1000DM003 serial Z1D5KS2B (1.0 TB, rotational)
        now   1   -           976 MiB  ext4, last mounted /boot              DIES
              2   -           930 GiB  ext4, last mounted /, 212 GiB in use  DIES
        then  9   ROOT        100 GiB        ext4
              10  data        500 GiB        ext4   /srv/data
              11  containers  about 325 GiB  btrfs  /var/lib/docker

        To destroy what dies:  ironstep approve core2 --wipe Z1D5KS2B:7c1e90aabbcc
        To leave it alone:     ironstep abort core2
      "
    `);
  });

  test('a refused run', () => {
    expect(shown(endingLines(refused, view))).toMatchInlineSnapshot(`
      "
      Refused: core1 was not provisioned.
        the disk on core1 is not the one that was approved.
        approved  WD-WCC4M0KS2A01, table 7c1e…      found  WD-WCC4M0KS2A99, table
        empty
        Nothing was written. The provider's settings were restored.

      What happened, step by step:  ironstep history core1 --steps
      "
    `);
  });

  test('a ready server', () => {
    expect(shown(endingLines(ready, { ...view, uiUrl: 'http://127.0.0.1:8233/x' })))
      .toMatchInlineSnapshot(`
      "
      core1 is ready after 3m58s (4 boots, 212 events).      ssh core@127.0.77.1

        ROOT        /dev/sda9   100 GiB  ext4   97G size, 93G free  as the spec says
        data        /dev/sda10    1 TiB  ext4   /srv/data           as the spec says
        containers  /dev/sda11  733 GiB  btrfs  /var/lib/docker     as the spec says
        412 files written before the shrink: unchanged. Provider settings: restored.
        Flatcar 4593.2.4, host key SHA256:9vXq0.

      What happened, step by step:  ironstep history core1 --steps
      In the Temporal UI:           http://127.0.0.1:8233/x
      "
    `);
  });

  test('a server that differs from its spec is never called ready', () => {
    const report = ready.report;
    if (report === undefined) throw new Error('the example has a report');
    const [root, ...others] = report.partitions;
    if (root === undefined) throw new Error('the example has partitions');
    const wrong = { ...root, asSpecified: false, difference: '99 GiB' };
    const status = { ...ready, report: { ...report, ok: false, partitions: [wrong, ...others] } };
    const text = endingLines(status, view).join('\n');
    expect(text).toContain('not as the spec says');
    expect(text).toContain('✘ differs: 99 GiB');
  });

  test('the list', () => {
    const since = new Date(view.nowMs - 72 * 60_000).toISOString();
    const entry = { provider: 'ovh', since, workflowId: 'server/ovh/ns1' };
    const entries = [
      { ...entry, server: 'core1', phase: 'verify', state: 'running' },
      {
        ...entry,
        server: 'core2',
        phase: 'rescue',
        state: 'waiting',
        words: 'rescue did not come up (3 resets, task 8127 done)',
      },
      { ...entry, server: 'core3', phase: null, state: 'ready' },
    ] as const;
    expect(shown(listLines(entries, view))).toMatchInlineSnapshot(`
      "
      SERVER  PHASE   SINCE   STATE
      core1   verify  1h 12m  running
      core2   rescue  1h 12m  needs you: rescue did not come up (3 resets, task 8127 …
      core3   -       1h 12m  ready
      "
    `);
  });

  test('the status of a waiting run, notes and all', () => {
    expect(shown(statusLines(waitingForApproval, view))).toMatchInlineSnapshot(`
      "
      ⏸ core2 waits for your yes to destroy what is on Z1D5KS2B (since 09:00)
        It now runs the rescue system; nothing was written.

        disk  ST1000DM003 serial Z1D5KS2B (1.0 TB, rotational)
        now   1   -           976 MiB  ext4, last mounted /boot              DIES
              2   -           930 GiB  ext4, last mounted /, 212 GiB in use  DIES
        then  9   ROOT        100 GiB        ext4
              10  data        500 GiB        ext4   /srv/data
              11  containers  about 325 GiB  btrfs  /var/lib/docker

        To destroy what dies:  ironstep approve core2 --wipe Z1D5KS2B:7c1e90aabbcc
        To leave it alone:     ironstep abort core2

      core2   ovh · ns3067890 · Flatcar 4593.2.4 · shrink to 100 GiB · 1.0 TB
              ST1000DM003 serial Z1D5KS2B
        ✔ preflight       1s   2.0 TB fits, image lab-1 signed by the lab's key 3A1C…
        ✔ rescue         24s   task 8123 done in 9s · rescue answered after 15s ·
                               proof: new boot id, rescue kernel
        ✔ inspect         1s   1 disk, empty · BIOS · 512 MiB
        ⏸ approve      1m52s

      What was seen:
        ✔ rescue, 2m ago
            task 8123 done in 9s
            rescue answered after 15s
      "
    `);
  });

  test.each([72, 80, 120])('no line but a command is wider than %i columns', (columns) => {
    const narrow = { ...view, columns };
    const lines = [shrinking, waitingForApproval, refused, ready].flatMap((status) =>
      statusLines(status, narrow),
    );
    const wide = lines.filter((line) => widthOf(line) > columns && !line.includes('ironstep '));
    expect(wide).toEqual([]);
  });
});

test('an example inside a message keeps its indentation', () => {
  const ending = 'Write it like this:\n  ACCOUNT:\n    kind: ovh';
  const lines = endingLines({ ...refused, ending }, view);
  expect(lines.slice(1, 4)).toEqual(['  Write it like this:', '    ACCOUNT:', '      kind: ovh']);
});

test('text of a server cannot steer the terminal', () => {
  const hostile = { ...shrinking, progress: { label: '\x1b[2J\u202eevil\nline' } };
  const text = [...timelineLines(hostile, view, null), ...plainLines(undefined, hostile)].join('');
  expect(text).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u);
  expect(text).toContain('?[2J?evil line');
});

describe('without a terminal', () => {
  test('one plain line per event, and nothing twice', () => {
    const [first, second, ...rest] = shrinking.timeline;
    if (first === undefined || second === undefined) throw new Error('the example has phases');
    const beginning: LiveStatus = { ...shrinking, timeline: [first], progress: { label: 'x' } };
    const { summary: _summary, endedAt: _endedAt, ...open } = second;
    const steps: LiveStatus[] = [
      beginning,
      { ...beginning, timeline: [first, { ...open, state: 'running', notes: [] }] },
      { ...beginning, timeline: [first, { ...open, state: 'running', notes: ['task 8123 done'] }] },
      { ...shrinking, timeline: [first, { ...second, notes: ['task 8123 done'] }, ...rest] },
      shrinking,
      {
        ...shrinking,
        progress: { label: 'shrinking ROOT 1.8 TiB → 100 GiB', done: 69, total: 100 },
      },
    ];
    const lines = steps.flatMap((status, index) => plainLines(steps[index - 1], status));
    expect(shown(lines)).toMatchInlineSnapshot(`
      "
      core1  ovh · ns3012345.ip-5-39-80.eu · Flatcar 4593.2.4 · shrink to 100 GiB
      core1  ✔ preflight done in 1s: 2.0 TB fits, image lab-1 signed by the lab's key 3A1C…
      core1    preflight: x
      core1  ● rescue began
      core1    rescue: task 8123 done
      core1  ✔ rescue done in 24s: task 8123 done in 9s · rescue answered after 15s · proof: new boot id, rescue kernel
      core1  ✔ inspect done in 1s: 1 disk, empty · BIOS · 512 MiB
      core1  ✔ approve done in 0s: serial WD-WCC4M0KS2A01, empty: covered by --wipe
      core1  ✔ install done in 21s: 1.3 GB written, sha512 ok, bootable last
      core1  ✔ boot done in 14s
      core1  ✔ first-boot done in 19s: core1 answers with its own host key
      core1  ✔ rescue done in 20s
      core1  ● repartition began
      core1    repartition: shrinking ROOT 1.8 TiB → 100 GiB 60 %
      core1    rescue: task 8123 done in 9s
      core1    rescue: rescue answered after 15s
      "
    `);
    expect(plainLines(shrinking, shrinking)).toEqual([]);
  });
});
