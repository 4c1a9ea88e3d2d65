import { expect, it } from 'vitest';

import { kinds } from './blows.ts';
import { fullPlan } from './plan.ts';
import { points, shrinkPoints } from './points.ts';

it('a seed repeats a programme, another one makes another', () => {
  expect(fullPlan(7)).toEqual(fullPlan(7));
  expect(fullPlan(7)).not.toEqual(fullPlan(8));
});

it.each([1, 2, 3, 4, 5])('with seed %d it has every kind and point, and enough kills', (seed) => {
  const runs = fullPlan(seed);
  const strikes = runs.flatMap((run) => run.strikes);
  expect(strikes.length).toBeGreaterThanOrEqual(65);
  expect(new Set(strikes.map(({ kind }) => kind))).toEqual(new Set(kinds));
  const hit = new Set(strikes.map(({ at }) => at).filter((at) => typeof at === 'string'));
  expect(hit).toEqual(new Set(points));
  for (const kind of kinds) {
    expect(strikes.filter((strike) => strike.kind === kind).length).toBeGreaterThanOrEqual(6);
  }
  expect(strikes).toContainEqual(
    expect.objectContaining({ kind: 'worker-sigstop', at: 'before-reset' }),
  );
  for (const run of runs) {
    const named = run.strikes.map(({ at }) => at).filter((at) => typeof at === 'string');
    expect(new Set(named).size, 'no point twice in one run').toBe(named.length);
  }
  const presize = runs.filter(({ apply }) => apply === 'presize');
  const misplaced = presize
    .flatMap((run) => run.strikes)
    .filter(({ at }) => typeof at === 'string' && shrinkPoints.includes(at));
  expect(misplaced).toEqual([]);
});
