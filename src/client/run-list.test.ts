import type { WorkflowExecutionInfo } from '@temporalio/client';
import { expect, test } from 'vitest';

import { runWorkflowTypes } from '../contract.ts';
import type { RunKind } from '../run/status.ts';
import { entryFromRecords } from './run-list.ts';

test.each<[RunKind, string]>([
  ['provision', 'ready'],
  ['rescue', 'done'],
  ['boot-disk', 'done'],
  ['add-key', 'done'],
])('a %s run that went well is %s, also when no worker can say so', (kind, state) => {
  const info = {
    type: runWorkflowTypes[kind],
    workflowId: 'server/ovh/ns1',
    status: { name: 'COMPLETED' },
    startTime: new Date(0),
    closeTime: new Date(1_000),
    typedSearchAttributes: { get: () => undefined },
  };
  expect(entryFromRecords(info as unknown as WorkflowExecutionInfo)).toMatchObject({
    phase: null,
    since: '1970-01-01T00:00:01.000Z',
    state,
  });
});
