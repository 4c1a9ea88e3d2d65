import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { bundleWorkflowCode, DefaultLogger, Worker } from '@temporalio/worker';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { NoWorker, QuestionRefused } from '../../src/client/client-errors.ts';
import { RunClient } from '../../src/client.ts';
import { taskQueue } from '../../src/contract.ts';
import { requestOf } from '../fixtures/provision-request.ts';
import { until } from '../until.ts';
import { FakeField } from './fake-field.ts';
import { startLocalTemporal } from './local-temporal.ts';

class LayoutDoesNotFit extends Error {}

let env: TestWorkflowEnvironment;
let client: RunClient;

beforeAll(async () => {
  env = await startLocalTemporal();
  client = await RunClient.connect({ address: env.address, namespace: 'default' });
});
afterAll(async () => {
  await client?.close();
  await env?.teardown();
});

async function withWorker<Result>(field: FakeField, work: () => Promise<Result>): Promise<Result> {
  const workflowsPath = fileURLToPath(new URL('../../src/workflows/index.ts', import.meta.url));
  const worker = await Worker.create({
    connection: env.nativeConnection,
    taskQueue,
    workflowBundle: await bundleWorkflowCode({
      workflowsPath,
      logger: new DefaultLogger('ERROR'),
    }),
    activities: field.activities,
  });
  return worker.runUntil(work);
}

it('a plan only looks: nothing is saved, armed or rebooted, and no run is left behind', async () => {
  const field = new FakeField();
  const plan = await withWorker(field, () => client.plan(requestOf('presize')));
  expect(plan).toMatchObject({ server: 'core1', boots: 2 });
  expect(field.calls).toEqual(['preflight', 'whoAnswers', 'describePlan']);
  expect(await client.list()).toEqual([]);
});

it('what preflight has against it is said in its own words', async () => {
  const field = new FakeField();
  field.failOnce.set('preflight', new LayoutDoesNotFit('layout.root: does not fit'));
  const refused = withWorker(field, () => client.plan(requestOf('presize')));
  await expect(refused).rejects.toMatchObject({
    constructor: QuestionRefused,
    message: 'layout.root: does not fit',
    reason: 'LayoutDoesNotFit',
  });
});

it('a run that is under way is not disturbed to look', async () => {
  const field = new FakeField();
  field.fingerprint = '7c1e90aabbcc';
  await withWorker(field, async () => {
    const run = await client.start('provision', requestOf('presize', 'core2'));
    await until(async () => (await client.status(run)).state === 'waiting', 30_000);
    field.calls.length = 0;
    await client.plan(requestOf('presize', 'core2'));
    expect(field.calls).toEqual(['preflight', 'describePlan']);
  });
});

it('without a worker it says so, and leaves no question behind', async () => {
  await expect(client.plan(requestOf('presize', 'core3'))).rejects.toThrow(NoWorker);
  const open = async () => {
    const query = "WorkflowType = 'planServer' AND ExecutionStatus = 'Running'";
    return (await env.client.workflow.count(query)).count;
  };
  await until(async () => (await open()) === 0);
});
