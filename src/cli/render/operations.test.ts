import { expect, test } from 'vitest';

import { inRescue, mustNotBoot, ready, runBeganMs } from '../../../test/fixtures/example-runs.ts';
import { entryFromStatus } from '../../client/run-list.ts';
import type { LiveStatus } from '../../client/live-status.ts';
import { endingLines } from './ending.ts';
import { listLines } from './list.ts';
import { statusLines } from './status.ts';
import type { View } from './view.ts';

const view: View = {
  columns: 80,
  nowMs: runBeganMs + 206_000,
  paint: (_style, text) => text,
  program: 'ironstep',
};

function shown(lines: readonly string[]): string {
  return `\n${lines.join('\n')}\n`;
}

/** The line of a server whose newest run is this one, over since its last phase. */
function entry(status: LiveStatus) {
  const info = {
    workflowId: 'server/ovh/ns1',
    closeTime: new Date(status.timeline.at(-1)?.endedAt ?? 0),
    typedSearchAttributes: { get: ({ name }: { name: string }) => nameOnly(name, status) },
  };
  return entryFromStatus(info as unknown as Parameters<typeof entryFromStatus>[0], status);
}

function nameOnly(name: string, { server }: LiveStatus): string | undefined {
  return name === 'ServerName' ? server : undefined;
}

test('a rescue system that is up, with the way in and the way back', () => {
  expect(shown(statusLines(inRescue, view))).toMatchInlineSnapshot(`
    "
    core1   ovh · ns3012345.ip-5-39-80.eu · boot the rescue system
      ✔ preflight       2s
      ✔ rescue         24s   rescue answered after 12s

    core1 runs the rescue system; monitoring is off
      To log in:  ironstep ssh core1
      To go back:  ironstep boot disk core1
      Until then rescue is what it boots, and its settings at the provider stay
      saved.

    What happened, step by step:  ironstep history core1 --steps
    "
  `);
});

test('a disk that must not boot: what to do is there to be copied', () => {
  expect(shown(endingLines(mustNotBoot, { ...view, columns: 60 }))).toMatchInlineSnapshot(`
    "
    Refused: core1 was not booted from its disk.
      core1 must not boot from its disk: an install was begun on
      WD-WCC4M0KS2A01 and is not finished. It stays in rescue.
      To finish what was begun:  ironstep resume core1
      To boot it all the same:  ironstep boot disk core1 --force
      Nothing was changed.

    What happened, step by step:  ironstep history core1 --steps
    "
  `);
});

test('the list says what came of the newest run, whatever it was for', () => {
  const entries = [entry(inRescue), entry({ ...mustNotBoot, server: 'core2' })];
  const done = { ...entry({ ...ready, server: 'core3' }) };
  expect(shown(listLines([...entries, done], view))).toMatchInlineSnapshot(`
    "
    SERVER  PHASE  SINCE  STATE
    core1   -      3m     done: core1 runs the rescue system; monitoring is off
    core2   -      3m     refused: core1 must not boot from its disk: an install wa…
    core3   -      0s     ready
    "
  `);
});
