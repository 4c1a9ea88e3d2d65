import { expect, test } from 'vitest';

import { answerDeadline } from './answer-deadline.ts';

const begunAtMs = 1_000_000;
const after = (ms: number): number => answerDeadline(begunAtMs + ms, begunAtMs) - begunAtMs;

test('the questions of a command end together, 4 s after its process began', () => {
  expect([0, 500, 1_999].map(after)).toEqual([4_000, 4_000, 4_000]);
});

test('a program that was slow to load still waits for an answer', () => {
  expect([2_500, 3_999].map(after)).toEqual([4_500, 5_999]);
});

test('who follows a run gives each later question its own 4 s', () => {
  expect([4_000, 600_000].map(after)).toEqual([8_000, 604_000]);
});
