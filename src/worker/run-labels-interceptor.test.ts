import { defaultPayloadConverter } from '@temporalio/common';
import { expect, it } from 'vitest';

import { runLabelsHeader } from '../run/run-labels.ts';
import { labelsIn } from './run-labels-interceptor.ts';

const labels = { server: 'core1', phase: 'rescue', attempt: 2, entry: 3 };
const header = (value: unknown) => ({
  [runLabelsHeader]: defaultPayloadConverter.toPayload(value),
});

it('reads what a run said, and leaves out what a newer version may add', () => {
  expect(labelsIn(header(labels))).toEqual(labels);
  expect(labelsIn(header({ ...labels, more: 'x' }))).toEqual(labels);
});

it.each([
  ['none', {}],
  ['of an unknown phase', header({ ...labels, phase: 'polish' })],
  ['without an attempt', header({ server: 'core1', phase: 'rescue' })],
  ['that are a word', header('core1')],
  ['in an unknown encoding', { [runLabelsHeader]: { metadata: {}, data: Buffer.from('x') } }],
])('labels %s stop no activity', (_, headers) => {
  expect(labelsIn(headers)).toBeUndefined();
});
