import { expect, test, vi } from 'vitest';

import { twoRuns } from '../../../test/fixtures/example-histories.ts';
import { runBeganMs } from '../../../test/fixtures/example-runs.ts';
import { historyLines } from './history.ts';

vi.stubEnv('TZ', 'UTC');

const view = {
  columns: 90,
  nowMs: runBeganMs + 80 * 60_000,
  paint: (_style: string, text: string) => text,
  program: 'ironstep',
};

test('one line for each thing that happened, with its date when it is not today', () => {
  expect(historyLines(twoRuns, view, { steps: false }).join('\n')).toMatchInlineSnapshot(`
    "provision by cron@ci: core2 · Flatcar stable · presize to 400 GiB
      2026-11-22 09:00  ✘ preflight       1m00s
      2026-11-22 09:01  ✘ check spec, provider and image: LayoutDoesNotFit: layout.root: 400
                          GiB does not fit on core2, by 12 GiB.
      2026-11-22 09:01  ✘ refused after 1m00s

    provision by anna@desk: core2 · Flatcar stable · presize to 100 GiB
                 09:00  ✔ preflight          6s
                 09:00  ✘ rescue         40m54s
                 09:00  ! hard reset, tried again: ProviderUnavailable: OVH did not answer
                          within 15s.
                 09:41  ✘ wait for the rescue system: ServerSilent: core2 did not answer
                          within 40 minutes.
                 09:41  ⏸ waits for you  27m00s
                 10:08  ▸ resume by bob@laptop
                 10:08  ✔ rescue          1m00s
                 10:09  ■ approve         2m00s
                 10:09  ⏸ needs your yes  2m00s
                 10:10  ▸ cancelled in Temporal by temporal-ui: not now
                 10:11  ✘ terminated by root@desk after 1h 11m: by hand"
  `);
});

test('with its steps: each below its phase, with its attempts', () => {
  const lines = historyLines(twoRuns, view, { steps: true });
  const at = lines.findIndex((line) => line.includes('✘ rescue'));
  expect(lines.slice(at, at + 3).map((line) => line.trim())).toMatchInlineSnapshot(`
    [
      "09:00  ✘ rescue         40m54s",
      "09:00    ✔ hard reset (attempt 2)  12s",
      "09:00    ✘ wait for the rescue system  40m42s",
    ]
  `);
});

test('on a narrow terminal lines are wrapped below their words, and nothing is lost', () => {
  const lines = historyLines(twoRuns, { ...view, columns: 50 }, { steps: false });
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(50);
  expect(lines.join(' ').replaceAll(/ +/g, ' ')).toContain(
    '400 GiB does not fit on core2, by 12 GiB.',
  );
});

test('what a server or a person wrote does not steer the terminal', () => {
  const [run] = twoRuns;
  if (run === undefined) throw new Error('the example has runs');
  const hostile = { ...run, by: 'x\x1b[2J', entries: [] };
  expect(historyLines([hostile], view, { steps: false }).join('')).not.toContain('\x1b');
});
