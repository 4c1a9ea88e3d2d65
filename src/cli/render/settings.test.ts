import { expect, test } from 'vitest';

import { recorded } from '../../../test/fixtures/recorded.ts';
import type { SettingsView } from '../../run/settings-view.ts';
import { settingsLines } from './settings.ts';
import type { View } from './view.ts';

// Moments are shown in local time.
process.env['TZ'] = 'UTC';

const view: View = {
  columns: 80,
  nowMs: Date.parse('2026-11-23T09:00:00Z'),
  paint: (_style, text) => text,
  program: 'ironstep',
};

const left = recorded<SettingsView>('settings-left');
const [bootTarget, ...others] = left.settings;
if (bootTarget === undefined) throw new Error('the recording has settings');

test('nothing is left to put back', () => {
  const settings = left.settings.map((each) => ({ ...each, changedBy: null }));
  const lines = settingsLines({ ...left, settings, savedAt: null }, view);
  expect(lines.at(-1)).toBe('Nothing of ironstep is left in them.');
});

test('what somebody has changed since is told from what the run has', () => {
  const settings = [{ ...bootTarget, changedBy: 'somebody' as const }, ...others];
  const marks = settingsLines({ ...left, settings }, view).map(
    (line) => /(set by a run|changed since)$/.exec(line)?.[1],
  );
  expect(marks.filter((mark) => mark !== undefined)).toEqual([
    'changed since',
    ...Array<string>(3).fill('set by a run'),
  ]);
});

test('what nobody knows any more is said, and not guessed', () => {
  const settings = [bootTarget, ...others.map((each) => ({ ...each, before: null }))];
  const warnings = ['Boot from disk is taken as the original.'];
  const lines = settingsLines({ ...left, savedAt: null, settings, warnings }, view);
  expect(lines.find((line) => line.includes('monitoring'))).toMatch(/not known any/);
  expect(lines).toContain('  ! Boot from disk is taken as the original.');
  expect(lines.at(-1)).toBe('To put them back:  ironstep settings restore core1');
});

test('a run that is under way puts them back itself', () => {
  const lines = settingsLines({ ...left, runUnderWay: true }, view);
  expect(lines.join('\n')).not.toContain('settings restore');
  expect(lines.at(-1)).toBe('To follow it:  ironstep watch core1');
});
