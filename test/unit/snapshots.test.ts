import { readdirSync, readFileSync } from 'node:fs';

import { expect, test } from 'vitest';

import { attentionLines } from '../../src/cli/render/attention.ts';
import { endingLines } from '../../src/cli/render/ending.ts';
import { listLines } from '../../src/cli/render/list.ts';
import { statusLines } from '../../src/cli/render/status.ts';
import { timelineLines } from '../../src/cli/render/timeline.ts';
import type { View } from '../../src/cli/render/view.ts';
import type { LiveStatus } from '../../src/client/live-status.ts';
import type { RunListEntry } from '../../src/client/run-list.ts';

/**
 * What a person sees in the situations of EXPERIENCE, from what real runs in the lab said
 * (`ironstep status core2 --json`). The texts in test/snapshots are there to be read.
 */
// Times of day are those of the person's clock.
process.env['TZ'] = 'UTC';

const folder = new URL('../fixtures/runs/', import.meta.url);
const load = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8'));
const status = (name: string): LiveStatus => load(name) as LiveStatus;

function viewOf(columns: number, nowIso: string): View {
  return {
    columns,
    nowMs: Date.parse(nowIso),
    paint: (_style, text) => text,
    program: 'ironstep',
    uiUrl: 'http://127.0.0.1:8233/…',
  };
}

const waiting = status('waiting-for-approval');
const ready = status('ready');
const situations: Record<string, (view: View) => string[]> = {
  'approval-wait': (view) => attentionLines(waiting, view),
  'approval-status': (view) => statusLines(waiting, view),
  list: (view) => listLines(load('list') as RunListEntry[], view),
  timeline: (view) => timelineLines(ready, view, null),
  'ready-report': (view) => endingLines(ready, view),
};
const seenAt = '2026-11-24T10:41:00Z';

test.each(Object.entries(situations))('%s at 80 columns', async (name, render) => {
  const text = `${render(viewOf(80, seenAt)).join('\n')}\n`;
  await expect(text).toMatchFileSnapshot(`../snapshots/${name}.txt`);
});

test.each(Object.entries(situations))('%s keeps within a narrow terminal', (_, render) => {
  const isCommand = (line: string) => /^ *(ironstep|ssh|http)|  (ironstep|http)/.test(line);
  const wide = render(viewOf(72, seenAt)).filter((line) => line.length > 72 && !isCommand(line));
  expect(wide).toEqual([]);
});

test('every recorded run is of this kind: no secret and no path of a machine is in it', () => {
  for (const file of readdirSync(folder)) {
    const text = readFileSync(new URL(file, folder), 'utf8');
    expect(text).not.toMatch(/PRIVATE KEY|password|\/tmp\/|\/home\//i);
  }
});
