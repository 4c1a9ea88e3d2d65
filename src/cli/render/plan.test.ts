import { expect, test } from 'vitest';

import { recorded } from '../../../test/fixtures/recorded.ts';
import type { ServerPlan } from '../../run/server-plan.ts';
import { planLines } from './plan.ts';
import type { View } from './view.ts';

const view: View = {
  columns: 80,
  nowMs: 0,
  paint: (_style, text) => text,
  program: 'ironstep',
};

const stranger = recorded<ServerPlan>('plan-stranger');
const nothingLeft = recorded<ServerPlan>('plan-nothing-left');

test('a server that is as the spec says has nothing to go ahead with', () => {
  const lines = planLines(nothingLeft, 'core1.yaml', view);
  expect(lines[1]).toBe('as the spec says already: a run would only verify it');
  expect(lines.join('\n')).not.toMatch(/ boots |settings/);
  expect(lines.at(-1)).toBe('To verify it all the same:  ironstep provision core1.yaml');
});

test('a run that is under way is not disturbed, and is what there is to follow', () => {
  const lines = planLines(
    { ...stranger, answering: { kind: 'run-under-way' } },
    'core1.yaml',
    view,
  );
  expect(lines).toContain(
    '  answers   a run of this server is under way and was not disturbed to look',
  );
  expect(lines.at(-1)).toBe('To follow the run that is under way:  ironstep watch core1');
});

test('work of an earlier run that still goes on is named, and its disk is left alone', () => {
  const jobs = ['install-core1-1f0c'];
  const lines = planLines({ ...stranger, answering: { kind: 'rescue', jobs } }, 'core1.yaml', view);
  expect(lines.join(' ')).toMatch(/install-core1-1f0c of an earlier +run still works/);
});
