import { hostname } from 'node:os';
import { fileURLToPath } from 'node:url';

import { TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';

import { taskQueue } from '../../src/contract.ts';
import { ensureTemporalCli } from '../../src/toolchain/temporal-cli.ts';
import { checkPolls } from '../../src/dev/poll-check.ts';

let temporal: TestWorkflowEnvironment;

beforeAll(async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const { path } = await ensureTemporalCli();
  temporal = await TestWorkflowEnvironment.createLocal({
    server: { executable: { type: 'existing-path', path }, ip: '127.0.0.1' },
  });
  vi.stubEnv('TEMPORAL_ADDRESS', temporal.address);
});
afterAll(async () => {
  await temporal?.teardown();
});

/** Asks while a worker of this name runs. */
async function whileWorking(identity: string | undefined, ask: () => Promise<void>) {
  const worker = await Worker.create({
    connection: temporal.nativeConnection,
    taskQueue,
    workflowsPath: fileURLToPath(new URL('../fixtures/codec-workflow.ts', import.meta.url)),
    ...(identity === undefined ? {} : { identity }),
  });
  await worker.runUntil(ask);
}

test('a worker counts only where it runs', async () => {
  expect(await checkPolls()).toMatchObject({ kind: 'silent', address: temporal.address });
  await whileWorking(`1@not-${hostname()}`, async () => {
    await expect.poll(listedPollers, { timeout: 20_000 }).toBeGreaterThan(0);
    expect(await checkPolls()).toMatchObject({ kind: 'silent' });
  });
  await whileWorking(undefined, async () => {
    await expect.poll(async () => (await checkPolls()).kind, { timeout: 20_000 }).toBe('polls');
  });
});

async function listedPollers(): Promise<number> {
  const { pollers } = await temporal.connection.workflowService.describeTaskQueue({
    namespace: 'default',
    taskQueue: { name: taskQueue },
    taskQueueType: 1,
  });
  return pollers.length;
}

test('a Temporal that is away is told apart from a worker that is', async () => {
  vi.stubEnv('TEMPORAL_ADDRESS', '127.0.0.1:1');
  expect(await checkPolls()).toMatchObject({ kind: 'unreachable', address: '127.0.0.1:1' });
});
