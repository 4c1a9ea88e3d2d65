import { expect, it } from 'vitest';

import type { PhaseEntry, RunStatus } from './status.ts';
import { formatElapsed, timelineMarkdown } from './timeline-markdown.ts';

const startedAt = '2026-01-01T09:14:00.000Z';
const inspect: PhaseEntry = {
  ...{ phase: 'inspect', attempt: 1, state: 'done', notes: [] },
  ...{ startedAt, endedAt: '2026-01-01T09:14:07.000Z', summary: '1 disk' },
};
const status: RunStatus = {
  kind: 'provision',
  server: 'core2',
  provider: 'ovh',
  service: 'ns1',
  startedAt,
  sshPort: 22,
  by: 'ada@desk',
  headline: 'Flatcar 1.0',
  state: 'running',
  timeline: [inspect],
};

/** Without the spaces that keep cells apart. */
function lines(changes: Partial<RunStatus>): string[] {
  const markdown = timelineMarkdown({ ...status, ...changes });
  return markdown.split('\n').map((line) => line.replaceAll(/[ \u00a0]+/g, ' ').trim());
}

it('is a table of the phases: what came of each, or since when it is under way', () => {
  const rescue: PhaseEntry = {
    ...{ phase: 'rescue', attempt: 2, state: 'running', startedAt },
    notes: ['hard reset sent as task 7', 'task 7 done'],
  };
  expect(lines({ timeline: [inspect, rescue] })).toEqual([
    'core2 · Flatcar 1.0 · asked for by ada@desk',
    '',
    '| | phase | took | what was seen |',
    '|:---|:---|:---|:---|',
    '| ✔ | inspect | 7s | 1 disk |',
    '| ● | rescue (attempt 2) | since 09:14 UTC | task 7 done |',
    '',
  ]);
});

it('has on top what a person is needed for, with all that dies, and how to answer from there', () => {
  const becomes = {
    ...{ name: 'data', sizeBytes: 2 ** 31, roughly: false, filesystem: 'ext4', mount: '/srv' },
  };
  const disk = {
    ...{ serial: 'S1', model: 'DISK', sizeBytes: 2 ** 40, rotational: true, fingerprint: '7c1e' },
    partitions: [
      {
        number: 2,
        name: '',
        sizeBytes: 2 ** 30,
        now: 'ext4, last mounted /',
        fate: 'dies',
      },
      { number: 10, name: 'data', sizeBytes: null, now: '', fate: 'made', becomes },
    ],
  } satisfies RunStatus['disk'];
  const actions = [
    {
      command: 'ironstep approve core2 --wipe S1:7c1e',
      effect: 'destroy what dies',
      update: { name: 'approve', data: { wipe: 'S1:7c1e' } },
    },
    { command: 'ironstep abort core2', effect: 'leave it alone', update: { name: 'abort' } },
    { command: 'ironstep ssh core2', effect: 'look' },
  ];
  const title = 'core2 waits for your yes';
  const detail = [title, 'Nothing was written.'];
  const attention = { kind: 'approval' as const, since: startedAt, title, detail, actions };
  expect(lines({ attention, disk })).toEqual([
    '**Needs you: core2 waits for your yes**',
    'Nothing was written.',
    '',
    'Disk DISK, serial S1, 1 TiB',
    '',
    '| part | name | size | now | then |',
    '|:---|:---|:---|:---|:---|',
    '| 2 | | 1 GiB | ext4, last mounted / | **DIES** |',
    '| 10 | data | | | 2 GiB, ext4 on /srv |',
    '',
    'What you can do:',
    '- destroy what dies: *More Actions → Send an Update* `approve`, Data `{"wipe":"S1:7c1e"}`; ' +
      'or in a shell `ironstep approve core2 --wipe S1:7c1e`',
    '- leave it alone: *More Actions → Send an Update* `abort`; or in a shell `ironstep abort core2`',
    '- look: `ironstep ssh core2`',
    '',
    ...lines({}),
  ]);
});

it('stays short when a phase was tried again for days', () => {
  const entry = (attempt: number): PhaseEntry => {
    return { ...inspect, attempt, state: 'failed', summary: 'x'.repeat(200) };
  };
  const timeline = Array.from({ length: 500 }, (_, index) => entry(index + 1));
  const shown = lines({ timeline });
  expect(shown).toContain('480 earlier: `ironstep history core2`');
  expect(shown.at(-2)).toContain('attempt 500');
  expect(encodeURIComponent(shown.join('\n')).length).toBeLessThan(8_000);
});

it('ends with what came of it', () => {
  const ending = 'Stopped by ada.\nThe disk was not touched.';
  const head = ['**Stopped by ada.**', 'The disk was not touched.', ''];
  expect(lines({ state: 'aborted', ending })).toEqual([...head, ...lines({})]);
});

it('takes nothing that a host or a person said for Markdown or HTML', () => {
  const summary = 'a|b\n<img src=x> `c` *d* [e](f)';
  const row = lines({ timeline: [{ ...inspect, summary }] }).at(-2);
  expect(row).toContain(String.raw`| a\|b \<img src=x\> \`c\` \*d\* \[e\](f) |`);
});

it.each([
  [0, '0s'],
  [59_400, '59s'],
  [161_000, '2m41s'],
  [4_320_000, '1h 12m'],
])('%d ms is %s', (elapsedMs, words) => {
  expect(formatElapsed(elapsedMs)).toBe(words);
});
