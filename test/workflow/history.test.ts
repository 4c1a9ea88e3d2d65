import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';

import { TestWorkflowEnvironment } from '@temporalio/testing';
import { bundleWorkflowCode, DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';

import { RunClient } from '../../src/client.ts';
import { NoWorker } from '../../src/client/client-errors.ts';
import { serverNames } from '../../src/client/server-names.ts';
import { createDataConverter } from '../../src/codec/data-converter.ts';
import { payloadKey } from '../../src/codec/payload-key.ts';
import { searchAttributeNames, taskQueue } from '../../src/contract.ts';
import type { ProvisionRequest } from '../../src/contract.ts';
import type { HistoryEntry, RunHistory } from '../../src/run/run-history.ts';
import { ensureTemporalCli } from '../../src/toolchain/temporal-cli.ts';
import { FakeField } from './fake-field.ts';

class ServerSilent extends Error {}
class PreflightRefused extends Error {}

const converter = () => createDataConverter([payloadKey(randomBytes(32))]);
const dataConverter = converter();
const run = { server: 'core1', workflowId: 'server/ovh/ns1' };
const field = new FakeField();

let env: TestWorkflowEnvironment;
let client: RunClient;
let histories: RunHistory[];

const request: ProvisionRequest = {
  by: 'anna@desk',
  spec: {
    server: 'core1',
    provider: { kind: 'ovh', service: 'ns1', account: 'lab' },
    image: { os: 'flatcar', channel: 'stable' },
    config: { kind: 'none' },
    disk: { serial: 'SERIAL-1' },
    ssh: { port: 22, authorizedKeys: [] },
    layout: { apply: 'presize', root: 100 * 2 ** 30, partitions: [] },
    rescue: { giveUpAfter: 60_000, ladder: ['hard-reset'] },
  },
};

async function untilWaiting(kind: string): Promise<void> {
  await vi.waitFor(async () => expect((await client.status(run)).attention?.kind).toBe(kind), {
    timeout: 20_000,
    interval: 100,
  });
}

async function untilOver(): Promise<void> {
  const state = async () => (await client.status(run)).state;
  await vi.waitFor(async () => expect(['running', 'waiting']).not.toContain(await state()), {
    timeout: 20_000,
    interval: 100,
  });
}

/** Four runs of one server: through a pause and an approval; refused; aborted; terminated. */
async function live(): Promise<void> {
  field.fingerprint = '7c1e90aabbcc';
  field.failOnce.set('waitForRescue', new ServerSilent('rescue did not come up\nnothing answered'));
  field.failOnce.set('hardReset', new Error('the API did not answer'));
  await client.start('provision', request);
  await untilWaiting('rescue');
  await client.resume(run, { by: 'bob@laptop' });
  await untilWaiting('approval');
  const wrong = client.approve(run, { by: 'bob@laptop', wipe: 'SERIAL-1:000000000000' });
  await expect(wrong).rejects.toThrow('not what was approved');
  await client.approve(run, { by: 'bob@laptop', wipe: 'SERIAL-1:7c1e90aabbcc' });
  await untilOver();
  field.failOnce.set('preflight', new PreflightRefused('the account is blocked'));
  await client.start('provision', { ...request, by: 'cron@ci' });
  await untilOver();
  await client.start('provision', request);
  await untilWaiting('approval');
  await client.abort(run, { by: 'anna@desk', reason: 'wrong server' });
  await untilOver();
  await client.start('provision', request);
  await untilWaiting('approval');
  await env.client.workflow.getHandle(run.workflowId).terminate('by hand');
}

beforeAll(async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const { path } = await ensureTemporalCli();
  env = await TestWorkflowEnvironment.createLocal({
    server: {
      executable: { type: 'existing-path', path },
      ip: '127.0.0.1',
      searchAttributes: searchAttributeNames.map((name) => ({ name, type: 'KEYWORD' })),
    },
  });
  client = await RunClient.connect({ address: env.address, namespace: 'default' }, dataConverter);
  const worker = await Worker.create({
    connection: env.nativeConnection,
    taskQueue,
    dataConverter,
    activities: field.activities,
    workflowBundle: await bundleWorkflowCode({
      workflowsPath: fileURLToPath(new URL('../../src/workflows/index.ts', import.meta.url)),
      failureConverterPath: dataConverter.failureConverterPath,
      logger: new DefaultLogger('ERROR'),
    }),
  });
  await worker.runUntil(live);
  // Visibility is filled a moment later.
  histories = await vi.waitFor(async () => {
    const found = await client.history(run);
    expect(found).toHaveLength(4);
    return found;
  }, 10_000);
});

afterAll(async () => {
  await client?.close();
  await env?.teardown();
});

function phasesOf(history: RunHistory | undefined): [string, string][] {
  return (history?.entries ?? [])
    .filter((entry) => entry.kind === 'phase')
    .map(({ phase, state }) => [phase, state]);
}

function ofKind<Kind extends HistoryEntry['kind']>(history: RunHistory | undefined, kind: Kind) {
  return history?.entries.filter((entry) => entry.kind === kind);
}

test('is told oldest first, without a worker: who started what, and how it ended', async () => {
  await expect(client.status(run)).rejects.toThrow(NoWorker);
  expect(histories.map(({ kind, by, summary, end }) => [kind, by, summary, end?.state])).toEqual([
    ['provision', 'anna@desk', 'core1 · Flatcar stable · presize to 100 GiB', 'ready'],
    ['provision', 'cron@ci', 'core1 · Flatcar stable · presize to 100 GiB', 'refused'],
    ['provision', 'anna@desk', 'core1 · Flatcar stable · presize to 100 GiB', 'aborted'],
    ['provision', 'anna@desk', 'core1 · Flatcar stable · presize to 100 GiB', 'terminated'],
  ]);
});

test('has each phase with its end, and the pause between two attempts of one', () => {
  const [first] = histories;
  expect(phasesOf(first)).toEqual([
    ['preflight', 'done'],
    ['rescue', 'failed'],
    ['rescue', 'done'],
    ['inspect', 'done'],
    ['approve', 'done'],
    ...['install', 'boot', 'first-boot', 'verify', 'handover'].map((phase) => [phase, 'done']),
  ]);
  expect(ofKind(first, 'attention')).toMatchObject([
    { why: 'rescue', endedAt: expect.any(String) as string },
    { why: 'approval', endedAt: expect.any(String) as string },
  ]);
  const failed = first?.entries.find((entry) => entry.kind === 'phase' && entry.phase === 'rescue');
  expect(failed).toMatchObject({ endedAt: ofKind(first, 'attention')?.[0]?.at });
  const times = first?.entries.map(({ at }) => at) ?? [];
  expect(times).toEqual(times.toSorted());
});

test('has what went wrong by class and first sentence, also what a second try mended', () => {
  expect(ofKind(histories[0], 'failure')).toMatchObject([
    {
      step: 'hard reset',
      type: 'Error',
      message: 'the API did not answer',
      retried: true,
    },
    { type: 'ServerSilent', message: 'rescue did not come up', retried: false },
  ]);
  expect(histories[1]?.end).toMatchObject({ said: 'the account is blocked' });
});

test('has what people asked, in their words; what was refused at once left no record', () => {
  expect(ofKind(histories[0], 'request')).toMatchObject([
    { name: 'resume', by: 'bob@laptop' },
    { name: 'approve', by: 'bob@laptop', said: 'SERIAL-1:7c1e90aabbcc' },
  ]);
  expect(ofKind(histories[2], 'request')).toMatchObject([
    { name: 'abort', by: 'anna@desk', said: 'wrong server' },
  ]);
  expect(histories[2]?.end).toMatchObject({ said: 'Stopped by anna@desk: wrong server.' });
});

test('of a terminated run ends with who terminated it and why', () => {
  expect(phasesOf(histories[3]).at(-1)).toEqual(['approve', 'stopped']);
  expect(ofKind(histories[3], 'attention')?.at(-1)).toHaveProperty('endedAt');
  expect(histories[3]?.end).toMatchObject({
    said: 'by hand',
    by: expect.stringMatching(/@/) as string,
  });
});

test('each phase has its steps, by the summaries of the Temporal UI', () => {
  const install = histories[0]?.entries.find(
    (entry) => entry.kind === 'phase' && entry.phase === 'rescue',
  );
  expect(install).toMatchObject({
    steps: [
      { name: 'arm rescue for the next boot', state: 'done' },
      { name: 'which system answers before the reset', state: 'done' },
      { name: 'hard reset', state: 'done', attempts: 2 },
      { name: 'wait for task 8', state: 'done' },
      { name: 'wait for the rescue system', state: 'failed' },
      { name: 'which system answers instead', state: 'done' },
    ],
  });
});

test('with another payload key it says which one is missing, and shows nothing', async () => {
  const other = await RunClient.connect(
    { address: env.address, namespace: 'default' },
    converter(),
  );
  await expect(other.history(run)).rejects.toThrow('encrypted with payload key');
  await other.close();
});

describe('names for completion', () => {
  test('are those of the servers with a run', async () => {
    const names = await serverNames({ address: env.address, namespace: 'default' }, 10_000);
    expect(names).toEqual(['core1']);
  });

  test('are none when what listens does not answer as Temporal does', async () => {
    const mute = createServer(() => undefined).listen(0, '127.0.0.1');
    await once(mute, 'listening');
    const address = `127.0.0.1:${(mute.address() as AddressInfo).port}`;
    expect(await serverNames({ address, namespace: 'default' }, 300)).toEqual([]);
    mute.close();
  });
});
