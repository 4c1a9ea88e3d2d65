import { expect, test } from 'vitest';

import { leftByLostRun, untouched } from '../../../test/fixtures/example-settings.ts';
import type { SettingsView } from '../../run/settings-view.ts';
import { settingsLines } from './settings.ts';
import { widthOf } from './text.ts';
import type { View } from './view.ts';

// Moments are shown in local time.
process.env['TZ'] = 'UTC';

const view: View = {
  columns: 80,
  nowMs: Date.parse('2026-11-23T09:00:00Z'),
  paint: (_style, text) => text,
  program: 'ironstep',
};

const shown = (settings: SettingsView): string => `\n${settingsLines(settings, view).join('\n')}\n`;

test('what a terminated run has left, beside what it was, and how to put it back', () => {
  expect(shown(leftByLostRun)).toMatchInlineSnapshot(`
    "
    core2 on ns3067890.ip-5-39-80.eu (ovh, account kimsufi)

                     now                         before ironstep
      boot target    rescue (rescue12-customer)  disk                set by a run
      monitoring     off                         on                  set by a run
      interventions  off                         on                  set by a run
      rescue key     ironstep's                  ada@desk …AAAA1234  set by a run
      rescue mail    new@example.org             old@example.org     changed since

    Saved 08:12, before a run changed them; not put back since.
    To put them back:  ironstep settings restore core2
    "
  `);
});

test('nothing is left to put back', () => {
  expect(settingsLines(untouched, view).at(-1)).toBe('Nothing of ironstep is left in them.');
});

test('what nobody knows any more is said, and not guessed', () => {
  const [boot, ...others] = leftByLostRun.settings.map((each) => ({ ...each, before: null }));
  if (boot === undefined) throw new Error('the example has settings');
  const warnings = ['Boot from disk is taken as the original.'];
  const lost = { ...leftByLostRun, savedAt: null, settings: [boot, ...others], warnings };
  const lines = settingsLines(lost, view);
  expect(lines.find((line) => line.includes('boot target'))).toMatch(/not known any/);
  expect(lines).toContain('  ! Boot from disk is taken as the original.');
  expect(lines.at(-1)).toBe('To put them back:  ironstep settings restore core2');
});

test('a run that is under way puts them back itself', () => {
  const lines = settingsLines({ ...leftByLostRun, runUnderWay: true }, view);
  expect(lines.join('\n')).not.toContain('settings restore');
  expect(lines.at(-1)).toBe('To follow it:  ironstep watch core2');
});

test.each([60, 80, 120])('no line is wider than %i columns', (columns) => {
  const lines = settingsLines(leftByLostRun, { ...view, columns });
  expect(lines.filter((line) => widthOf(line) > columns)).toEqual([]);
});
