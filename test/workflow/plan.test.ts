import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { bundleWorkflowCode, DefaultLogger, Worker, type WorkflowBundle } from '@temporalio/worker';
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
class ProviderUnavailable extends Error {}

let env: TestWorkflowEnvironment;
let client: RunClient;
let workflowBundle: WorkflowBundle;

beforeAll(async () => {
  env = await startLocalTemporal();
  const workflowsPath = fileURLToPath(new URL('../../src/workflows/index.ts', import.meta.url));
  workflowBundle = await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('ERROR') });
  client = await RunClient.connect({ address: env.address, namespace: 'default' });
});
afterAll(async () => {
  await client?.close();
  await env?.teardown();
});

async function withWorker<Result>(field: FakeField, work: () => Promise<Result>): Promise<Result> {
  const worker = await Worker.create({
    connection: env.nativeConnection,
    taskQueue,
    workflowBundle,
    activities: field.activities,
  });
  return worker.runUntil(work);
}

it('a plan only looks: nothing is saved, armed or rebooted, and no run is left behind', async () => {
  const field = new FakeField();
  const plan = await withWorker(field, () => client.plan(requestOf('presize')));
  expect(plan).toMatchObject({ server: 'core1', boots: ['rescue', 'disk'] });
  expect(field.calls).toEqual(['preflight', 'glance', 'describePlan']);
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

it('a system of ours is asked whether it is the one of the spec', async () => {
  const field = new FakeField();
  const bootId = 'boot-1';
  const kernel = '6.1.0';
  field.answering = { kind: 'installed', bootId, hostKey: 'h', user: 'core', waitedMs: 0, kernel };
  await withWorker(field, () => client.plan(requestOf('presize')));
  expect(field.calls).toEqual(['preflight', 'glance', 'recognise', 'describePlan']);
});

it('a provider that stays away is told after the third time, not in half an hour', async () => {
  const field = new FakeField();
  field.failAlways.set('preflight', new ProviderUnavailable('OVH does not answer'));
  const refused = withWorker(field, () => client.plan(requestOf('presize')));
  await expect(refused).rejects.toThrow('OVH does not answer');
  expect(field.calls).toEqual(['preflight', 'preflight', 'preflight']);
});

it('a worker that dies over it is missed within seconds, and the question is ended', async () => {
  const field = new FakeField();
  field.gates.set('describePlan', new Promise(() => {}));
  const asked = withWorker(field, async () => {
    const plan = client.plan(requestOf('presize', 'core4'));
    // Not awaited here: the worker must be gone by then.
    plan.catch(() => {});
    await until(() => field.calls.includes('describePlan'));
    return { plan };
  });
  await expect((await asked).plan).rejects.toThrow(NoWorker);
  await until(async () => (await openQuestions()) === 0);
});

it('without a worker it says so, and leaves no question behind', async () => {
  await expect(client.plan(requestOf('presize', 'core3'))).rejects.toThrow(NoWorker);
  await until(async () => (await openQuestions()) === 0);
});

async function openQuestions(): Promise<number> {
  const query = "WorkflowType = 'planServer' AND ExecutionStatus = 'Running'";
  return (await env.client.workflow.count(query)).count;
}
