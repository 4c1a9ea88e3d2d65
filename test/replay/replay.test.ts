import { fileURLToPath } from 'node:url';

import { bundleWorkflowCode, DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { DeterminismViolationError } from '@temporalio/workflow';
import { beforeAll, expect, it } from 'vitest';

import { recordedHistories } from './histories.ts';
import { scenarios } from './scenarios.ts';

/**
 * The gate before a release: runs that are under way go on with today's workflows. Whoever sees
 * this fail has changed the order of what a workflow does: docs/changing-workflows.md.
 */
const histories = recordedHistories();
const logger = new DefaultLogger('ERROR');

beforeAll(() => Runtime.install({ logger }));

async function replay(workflows: string, chosen = histories): Promise<Map<string, Error>> {
  const workflowsPath = fileURLToPath(new URL(workflows, import.meta.url));
  const workflowBundle = await bundleWorkflowCode({ workflowsPath, logger });
  const inputs = chosen.map(({ name, history }) => ({ workflowId: name, history }));
  const failed = new Map<string, Error>();
  for await (const { workflowId, error } of Worker.runReplayHistories({ workflowBundle }, inputs)) {
    if (error !== undefined) failed.set(workflowId, error);
  }
  return failed;
}

it('every scenario has its recorded history', () => {
  const recorded = histories.map(({ name }) => name);
  expect(recorded).toEqual(expect.arrayContaining(Object.keys(scenarios)));
});

it("today's workflows go on with every recorded run", async () => {
  expect(await replay('../../src/workflows/index.ts')).toEqual(new Map());
});

it('phases in another order are noticed', async () => {
  const shrink = histories.filter(({ name }) => name === 'provision-shrink');
  const failed = await replay('./reordered-workflow.ts', shrink);
  expect(failed.get('provision-shrink')).toBeInstanceOf(DeterminismViolationError);
});
