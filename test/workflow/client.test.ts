import { randomBytes } from 'node:crypto';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';

import { Context } from '@temporalio/activity';
import { Client } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { bundleWorkflowCode, Worker } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';

import {
  NoSuchRun,
  NoWorker,
  RequestRefused,
  RunAlreadyGoing,
  RunOver,
  ServerAmbiguous,
} from '../../src/client/client-errors.ts';
import { RunClient } from '../../src/client.ts';
import { createDataConverter } from '../../src/codec/data-converter.ts';
import { payloadKey } from '../../src/codec/payload-key.ts';
import { searchAttributeNames, taskQueue } from '../../src/contract.ts';
import type { ProvisionRequest } from '../../src/contract.ts';
import { SearchAttributesMissing, TemporalUnreachable } from '../../src/run/temporal-errors.ts';
import { ensureTemporalCli } from '../../src/toolchain/temporal-cli.ts';

const dataConverter = createDataConverter([payloadKey(randomBytes(32))]);

let env: TestWorkflowEnvironment;
let client: RunClient;
let stopWorker: () => Promise<void>;

/** Fails once, then tells its progress until it is cancelled or the test ends. */
async function work(): Promise<void> {
  const context = Context.current();
  if (context.info.attempt === 1) throw new Error('no SSH banner');
  for (;;) {
    context.heartbeat({ label: 'writing the image', done: 40, total: 100, unit: 'percent' });
    await context.sleep(200);
  }
}

async function startWorker(): Promise<() => Promise<void>> {
  const worker = await Worker.create({
    connection: env.nativeConnection,
    taskQueue,
    workflowBundle: await bundleWorkflowCode({
      workflowsPath: fileURLToPath(new URL('stand-in-run.ts', import.meta.url)),
      failureConverterPath: dataConverter.failureConverterPath,
    }),
    activities: { work },
    dataConverter,
    maxHeartbeatThrottleInterval: 200,
  });
  const running = worker.run();
  return async () => {
    worker.shutdown();
    await running;
  };
}

function requestOf(server: string, service: string): ProvisionRequest {
  return {
    by: 'test',
    spec: {
      server,
      provider: { kind: 'ovh', service, account: 'lab' },
      image: { os: 'flatcar', channel: 'stable', version: '4593.2.4' },
      config: { kind: 'none' },
      disk: { only: true },
      ssh: { port: 22, authorizedKeys: [] },
      layout: { apply: 'shrink', root: 100 * 2 ** 30, partitions: [] },
      rescue: { giveUpAfter: 60_000 },
    },
  };
}

beforeAll(async () => {
  const { path } = await ensureTemporalCli();
  env = await TestWorkflowEnvironment.createLocal({
    server: {
      executable: { type: 'existing-path', path },
      ip: '127.0.0.1',
      extraArgs: searchAttributeNames.flatMap((name) => ['--search-attribute', `${name}=Keyword`]),
    },
  });
  stopWorker = await startWorker();
  client = await RunClient.connect({ address: env.address, namespace: 'default' }, dataConverter);
});

afterAll(async () => {
  await client?.close();
  await stopWorker?.();
  await env?.teardown();
});

describe('a run that goes', () => {
  beforeAll(async () => {
    await client.start('provision', requestOf('core1', 'ns1'));
  });

  test('is seen in Temporal by its name, provider, phase and summary', async () => {
    const handle = env.client.workflow.getHandle('server/ovh/ns1');
    const plain = new Client({ connection: env.connection, dataConverter });
    const description = await plain.workflow.getHandle('server/ovh/ns1').describe();
    expect(await description.staticSummary()).toBe('core1 · Flatcar 4593.2.4 · shrink to 100 GiB');
    const attributes = description.typedSearchAttributes.getAll();
    expect(attributes.map(({ key, value }) => [key.name, value])).toEqual(
      expect.arrayContaining([
        ['ServerName', 'core1'],
        ['Provider', 'ovh'],
        ['Phase', 'preflight'],
        ['Attention', 'none'],
      ]),
    );
    expect(handle.workflowId).toBe('server/ovh/ns1');
  });

  test('tells where its server is, as it was started', async () => {
    const { server, provider, ssh, rescue } = requestOf('core1', 'ns1').spec;
    const known = await client.serverOf(await client.find('core1'));
    expect(known).toEqual({ server, provider, ssh, rescue });
  });

  test('shows its progress, its attempt and the last failure, all decrypted', async () => {
    const run = await client.find('core1');
    await vi.waitFor(
      async () => {
        expect(await client.status(run)).toMatchObject({
          server: 'core1',
          state: 'running',
          progress: { label: 'writing the image', done: 40, total: 100, unit: 'percent' },
          activityAttempt: 2,
          lastFailure: 'no SSH banner',
          historyEvents: expect.any(Number) as number,
          historyBytes: expect.any(Number) as number,
        });
      },
      { timeout: 30_000, interval: 250 },
    );
  });

  test('is never started twice, and the refusal says where it is', async () => {
    const second = client.start('provision', requestOf('other-name', 'ns1'));
    await expect(second).rejects.toThrow(RunAlreadyGoing);
    await expect(second).rejects.toThrow('in phase install');
  });

  test('is found by name, by provider and service, and by workflow id', async () => {
    const run = { server: 'core1', workflowId: 'server/ovh/ns1' };
    expect(await client.find('core1')).toEqual(run);
    expect(await client.find('ovh/ns1')).toEqual(run);
    expect(await client.find('server/ovh/ns1')).toEqual(run);
  });

  test('another name says which names there are; a name is never part of a query', async () => {
    await expect(client.find('core9')).rejects.toThrow('Servers with a run: core1');
    await expect(client.find("x' OR ServerName='core1")).rejects.toThrow(NoSuchRun);
  });

  test('two open runs under one name are told apart, not guessed', async () => {
    const twin = await client.start('provision', requestOf('core1', 'ns2'));
    await vi.waitFor(() => expect(client.find('core1')).rejects.toThrow(ServerAmbiguous), 10_000);
    await expect(client.find('core1')).rejects.toThrow('server/ovh/ns2');
    await client.abort(twin, { by: 'test', reason: 'the twin goes' });
    await vi.waitFor(
      async () =>
        expect(await client.find('core1')).toMatchObject({ workflowId: 'server/ovh/ns1' }),
      10_000,
    );
  });

  test("refuses a wrong approval in the run's own words, and takes the right one", async () => {
    const run = await client.find('core1');
    const wrong = client.approve(run, { wipe: 'SERIAL', by: 'test' });
    await expect(wrong).rejects.toThrow(RequestRefused);
    await expect(wrong).rejects.toThrow('write SERIAL:7c1e90');
    const right = await client.approve(run, { wipe: 'SERIAL:7c1e90', by: 'test' });
    expect(right).toEqual({ phase: 'install', message: 'goes on' });
  });

  test('is over afterwards: its status stays, requests are refused, a new run may start', async () => {
    const run = { server: 'core1', workflowId: 'server/ovh/ns1' };
    await vi.waitFor(async () => expect((await client.status(run)).state).toBe('ready'), 10_000);
    await vi.waitFor(
      () => expect(client.resume(run, { by: 'test' })).rejects.toThrow(RunOver),
      10_000,
    );
    const again = await client.start('provision', requestOf('core1', 'ns1'));
    expect((await client.status(again)).state).toBe('running');
    await client.abort(again, { by: 'test', reason: 'done with it' });
    await vi.waitFor(
      async () =>
        expect(await client.status(again)).toMatchObject({
          state: 'aborted',
          ending: 'Stopped by test: done with it.',
        }),
      10_000,
    );
  });
});

test('a run that was terminated in Temporal is not shown as going', async () => {
  const run = await client.start('provision', requestOf('core3', 'ns3'));
  expect((await client.status(run)).state).toBe('running');
  await env.client.workflow.getHandle(run.workflowId).terminate('by hand');
  const status = await client.status(run);
  expect(status.state).toBe('failed');
  expect(status.ending).toContain('The run was terminated in Temporal: by hand');
  expect(status.ending).toContain('could not put anything back');
});

test('a run that did not end well is started again from its own request, a good one is not', async () => {
  const run = await client.start('provision', {
    ...requestOf('core7', 'ns7'),
    wipe: 'SERIAL:7c1e90',
  });
  await env.client.workflow.getHandle(run.workflowId).terminate('by hand');
  const newest = async () => (await client.list()).find(({ server }) => server === 'core7');
  await expect.poll(async () => (await newest())?.state, { timeout: 10_000 }).toBe('failed');
  await client.startAgain(run, { by: 'ada@desk' });
  expect(await client.status(run)).toMatchObject({ state: 'running', by: 'ada@desk' });
  await client.approve(run, { wipe: 'SERIAL:7c1e90', by: 'test' });
  await expect.poll(async () => (await newest())?.state, { timeout: 10_000 }).toBe('ready');
  await expect(client.startAgain(run, { by: 'test' })).rejects.toThrow(RunOver);
});

test('a Temporal without our search attributes says so instead of hanging the run', async () => {
  await env.connection.workflowService.registerNamespace({
    namespace: 'bare',
    workflowExecutionRetentionPeriod: msToTs('1 day'),
  });
  const bare = await RunClient.connect({
    address: env.address,
    namespace: 'bare',
  });
  // A new namespace is known to the frontend a moment after its registration.
  await vi.waitFor(
    () =>
      expect(bare.start('provision', requestOf('core4', 'ns4'))).rejects.toThrow(
        SearchAttributesMissing,
      ),
    { timeout: 30_000, interval: 500 },
  );
  await bare.close();
});

test('nothing that listens is TemporalUnreachable, and names the address', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await vi.waitFor(() => expect(server.listening).toBe(true));
  const { port } = server.address() as AddressInfo;
  server.close();
  const connecting = RunClient.connect({
    address: `127.0.0.1:${port}`,
    namespace: 'default',
  });
  await expect(connecting).rejects.toThrow(TemporalUnreachable);
  await expect(connecting).rejects.toThrow(`127.0.0.1:${port}`);
});

describe('without a worker', () => {
  beforeAll(async () => {
    await client.start('provision', requestOf('core5', 'ns5'));
    await vi.waitFor(() => client.find('core5'), 10_000);
    await stopWorker();
    stopWorker = async () => undefined;
  });

  test('questions and requests say that a worker is missing', async () => {
    const run = await client.find('core5');
    await expect(client.status(run)).rejects.toThrow(NoWorker);
    const asked = client.approve(run, { wipe: 'SERIAL:7c1e90', by: 'test' });
    await expect(asked).rejects.toThrow(NoWorker);
  });

  test("the list still tells what Temporal's records say, newest run of each server", async () => {
    const entries = await client.list();
    expect(entries.map(({ server, phase, state }) => [server, phase, state])).toEqual([
      ['core5', 'preflight', 'running'],
      ['core1', null, 'failed'],
      ['core1', null, 'failed'],
      ['core3', null, 'failed'],
      ['core7', null, 'ready'],
    ]);
  });

  test('a second start names no phase, but is refused', async () => {
    await expect(client.start('provision', requestOf('core5', 'ns5'))).rejects.toThrow(
      RunAlreadyGoing,
    );
  });
});
