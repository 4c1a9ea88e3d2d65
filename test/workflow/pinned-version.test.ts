import { fileURLToPath } from 'node:url';

import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { bundleWorkflowCode, Worker } from '@temporalio/worker';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { NoWorkerOfVersion } from '../../src/client/client-errors.ts';
import { RunClient } from '../../src/client.ts';
import { taskQueue } from '../../src/contract.ts';
import { deploymentOptions, DeploymentInvalid } from '../../src/worker/deployment.ts';
import { requestOf } from '../fixtures/provision-request.ts';
import { until } from '../until.ts';
import { FakeField } from './fake-field.ts';
import { startLocalTemporal } from './local-temporal.ts';

/** A team whose runs are pinned to the version of the worker on which they began. */
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

async function workerOf(version: string, field: FakeField): Promise<Worker> {
  const workflowsPath = fileURLToPath(new URL('../../src/workflows/index.ts', import.meta.url));
  return Worker.create({
    connection: env.nativeConnection,
    taskQueue,
    workflowBundle: await bundleWorkflowCode({ workflowsPath }),
    activities: field.activities,
    ...deploymentOptions(version),
  });
}

/** New runs start on this version from now on; it must have been seen polling. */
async function makeCurrent(buildId: string): Promise<void> {
  await until(async () => {
    try {
      await env.connection.workflowService.setWorkerDeploymentCurrentVersion({
        namespace: 'default',
        deploymentName: 'ironstep',
        buildId,
      });
      return true;
    } catch {
      return false;
    }
  }, 30_000);
}

it('a run whose version has no worker is named by status and list, and others still answer', async () => {
  const field = new FakeField();
  field.fingerprint = '7c1e90aabbcc';
  const first = await workerOf('ironstep/one', field);
  const run = await first.runUntil(async () => {
    await makeCurrent('one');
    const started = await client.start('provision', requestOf('presize'));
    await until(async () => (await client.status(started)).state === 'waiting', 30_000);
    return started;
  });
  const second = await workerOf('ironstep/two', field);
  await second.runUntil(async () => {
    await makeCurrent('two');
    const error: unknown = await client.status(run).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(NoWorkerOfVersion);
    expect(String(error)).toContain('IRONSTEP_DEPLOYMENT=ironstep/one ironstep worker');
    const other = await client.start('provision', requestOf('presize', 'core2'));
    await until(async () => (await client.status(other)).state === 'waiting', 30_000);
    const said = (await client.list()).map(({ server, words }) => [server, words]);
    expect(said).toEqual([
      ['core1', 'no worker of its version ironstep/one'],
      ['core2', expect.stringContaining('waits for your yes')],
    ]);
  });
});

it('a version is written as DEPLOYMENT/BUILD, or not at all', () => {
  expect(deploymentOptions('')).toEqual({});
  expect(() => deploymentOptions('2026')).toThrow(DeploymentInvalid);
});
