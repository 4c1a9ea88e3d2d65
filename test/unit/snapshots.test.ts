import { readdirSync } from 'node:fs';

import { expect, test } from 'vitest';

import { attentionLines } from '../../src/cli/render/attention.ts';
import { endingLines } from '../../src/cli/render/ending.ts';
import { listLines } from '../../src/cli/render/list.ts';
import { planRefusalLines } from '../../src/cli/render/plan-refusal.ts';
import { planLines } from '../../src/cli/render/plan.ts';
import { settingsLines } from '../../src/cli/render/settings.ts';
import { statusLines } from '../../src/cli/render/status.ts';
import { timelineLines } from '../../src/cli/render/timeline.ts';
import type { View } from '../../src/cli/render/view.ts';
import type { SpecRefusal } from '../../src/cli/spec-place.ts';
import type { LiveStatus } from '../../src/client/live-status.ts';
import type { RunListEntry } from '../../src/client/run-list.ts';
import type { ServerPlan } from '../../src/run/server-plan.ts';
import type { SettingsView } from '../../src/run/settings-view.ts';
import { recorded, recordedText, recordings } from '../fixtures/recorded.ts';

/**
 * What a person sees in the situations of EXPERIENCE, from what real runs in the lab said: the lab
 * tests record it (`npm run snapshots`). The texts in test/snapshots are there to be read.
 */
// Times of day are those of the person's clock.
process.env['TZ'] = 'UTC';

/** One screen: what was recorded, and how it is shown. */
type Screen = { name: string; show: (view: View) => string[] };

/** `show` is given what was recorded as a `Shown`. */
function screen<Shown>(name: string, show: (shown: Shown, view: View) => string[]): Screen {
  return { name, show: (view) => show(recorded<Shown>(name), view) };
}

const plan = (name: string): Screen =>
  screen<ServerPlan>(name, (found, view) => planLines(found, 'core1.yaml', view));

const screens: Record<string, Screen> = {
  'plan-silent': plan('plan-silent'),
  'plan-stranger': plan('plan-stranger'),
  'plan-rescue': plan('plan-rescue'),
  'plan-other-spec': plan('plan-other-spec'),
  'plan-run-under-way': plan('plan-run-under-way'),
  'plan-nothing-left': plan('plan-nothing-left'),
  'plan-refused': screen<{ refused: SpecRefusal }>('plan-refused', ({ refused }, view) =>
    planRefusalLines(refused, view),
  ),
  'rescue-parked': screen<LiveStatus>('parked', statusLines),
  'rescue-parked-list': screen<RunListEntry[]>('list-parked', listLines),
  'approval-wait': screen<LiveStatus>('waiting-for-approval', attentionLines),
  'approval-status': screen<LiveStatus>('waiting-for-approval', statusLines),
  list: screen<RunListEntry[]>('list', listLines),
  installing: screen<LiveStatus>('installing', (run, view) => timelineLines(run, view, null)),
  timeline: screen<LiveStatus>('ready', (run, view) => timelineLines(run, view, null)),
  'ready-report': screen<LiveStatus>('ready', endingLines),
  'refused-disk': screen<LiveStatus>('refused-disk', endingLines),
  'in-rescue': screen<LiveStatus>('in-rescue', statusLines),
  'from-disk': screen<LiveStatus>('from-disk', statusLines),
  'key-added': screen<LiveStatus>('key-added', statusLines),
  'settings-left': screen<SettingsView>('settings-left', settingsLines),
  'settings-restored': screen<LiveStatus>('settings-restored', endingLines),
};

/** A minute after the last thing that happened. */
function viewOf({ name }: Screen, columns: number): View {
  const moments = recordedText(name).match(/\d{4}-\d\d-\d\dT[\d:.]+Z/g) ?? [];
  return {
    columns,
    nowMs: Math.max(0, ...moments.map(Date.parse)) + 60_000,
    paint: (_style, text) => text,
    program: 'ironstep',
    uiUrl: 'http://127.0.0.1:8233/…',
  };
}

test.each(Object.entries(screens))('%s at 80 columns', async (name, each) => {
  const text = `${each.show(viewOf(each, 80)).join('\n')}\n`;
  await expect(text).toMatchFileSnapshot(`../snapshots/${name}.txt`);
});

test.each(Object.entries(screens))('%s keeps within a narrow terminal', (_, each) => {
  const isCommand = (line: string) => /^ *(ironstep|ssh|http)|  (ironstep|http)/.test(line);
  const lines = each.show(viewOf(each, 72));
  expect(lines.filter((line) => line.length > 72 && !isCommand(line))).toEqual([]);
});

test('every recording is shown, and holds no secret and no path of a machine', () => {
  const files = readdirSync(recordings).map((name) => name.replace(/\.json$/, ''));
  const shown = new Set(Object.values(screens).map(({ name }) => name));
  expect(files.toSorted()).toEqual([...shown].toSorted());
  for (const file of files) {
    expect(recordedText(file)).not.toMatch(/PRIVATE KEY|password|\/tmp\/|\/home\/(?!core\/)/i);
  }
});
