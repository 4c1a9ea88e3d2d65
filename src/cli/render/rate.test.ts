import { expect, test } from 'vitest';

import { progressBar } from './progress-line.ts';
import { observe, rateOf } from './rate.ts';
import type { Sample } from './rate.ts';

const total = 1000;

function watched(seen: [atMs: number, done: number, label?: string][]): Sample[] {
  let samples: Sample[] = [];
  for (const [atMs, done, label = 'writing'] of seen) {
    samples = observe(samples, { label, done, total }, atMs);
  }
  return samples;
}

test('rate and time left come from what was seen, and time goes on between heartbeats', () => {
  const samples = watched([
    [0, 100],
    [1_000, 100],
    [5_000, 200],
    [10_000, 300],
  ]);
  expect(rateOf(samples, 10_000)).toEqual({ perSecond: 20, leftMs: 35_000 });
  expect(rateOf(samples, 15_000)).toEqual({ perSecond: 20, leftMs: 30_000 });
});

test('nothing is claimed from one look, from two close ones, or without a total', () => {
  expect(rateOf(watched([[0, 100]]), 9_000)).toBeNull();
  expect(rateOf(watched([[0, 1], [500, 900]]), 9_000)).toBeNull(); // prettier-ignore
  expect(observe([], { label: 'waiting' }, 0)).toEqual([]);
});

test('another piece of work, or a step back after a retry, starts anew', () => {
  const other = watched([[0, 100], [9_000, 500], [10_000, 600, 'checking']]); // prettier-ignore
  const again = watched([[0, 100], [9_000, 500], [10_000, 400]]); // prettier-ignore
  expect(rateOf(other, 20_000)).toBeNull();
  expect(rateOf(again, 20_000)).toBeNull();
});

test('only the last minute counts, but the newest step is never forgotten', () => {
  const slowing = watched([[0, 0], [10_000, 500], [80_000, 510], [100_000, 520]]); // prettier-ignore
  expect(rateOf(slowing, 100_000)?.perSecond).toBeCloseTo(0.5);
});

test('100 % is said only when all is done, and more than all is not', () => {
  const bar = (done: number) => progressBar({ label: 'x', done, total, unit: 'percent' }, null);
  expect(bar(999)).toBe('███████████████░  99 %');
  expect(bar(1000)).toBe('████████████████  100 %');
  expect(bar(2000)).toBe('████████████████  100 %');
  expect(progressBar({ label: 'x' }, null)).toBeNull();
});
