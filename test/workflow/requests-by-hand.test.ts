import { randomBytes, randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';

import { Client } from '@temporalio/client';
import type { WorkflowHandle } from '@temporalio/client';
import type { Payload } from '@temporalio/common';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { createWorkerDataConverter } from '../../src/codec/data-converter.ts';
import { EncryptingCodec } from '../../src/codec/payload-codec.ts';
import { payloadKey } from '../../src/codec/payload-key.ts';
import { messages, runWorkflowTypes } from '../../src/contract.ts';
import type { RunStatus } from '../../src/run/status.ts';
import { requestOf } from '../fixtures/provision-request.ts';
import { until } from '../until.ts';
import { FakeField } from './fake-field.ts';
import { startLocalTemporal } from './local-temporal.ts';

/**
 * Updates as the Temporal UI (2.54.1, watched) sends them: no payload at all when Data is empty,
 * else one JSON value that its codec server has encoded. Whatever comes, the run must neither fail
 * nor hang on it: each test ends with the run doing what a proper request asks for.
 */
const keys = [payloadKey(randomBytes(32))] as const;
const dataConverter = createWorkerDataConverter(keys);
const approval = 'SERIAL-1:7c1e90aabbcc';

/** gRPC's answer takes this long at most; a run that hangs on a request never answers. */
const answersWithinMs = 8_000;
/** UpdateWorkflowExecutionLifecycleStage.COMPLETED. */
const completed = 3;

/** Known to the workflow by the name of its class. */
class ServerSilent extends Error {}

let env: TestWorkflowEnvironment;
let client: Client;
let worker: Worker;
let working: Promise<void>;
let field: FakeField;
let handle: WorkflowHandle;

beforeAll(async () => {
  env = await startLocalTemporal();
  client = new Client({ connection: env.connection, dataConverter });
  field = new FakeField();
  worker = await Worker.create({
    connection: env.nativeConnection,
    taskQueue: 'by-hand',
    workflowsPath: fileURLToPath(new URL('../../src/workflows/index.ts', import.meta.url)),
    activities: field.activities,
    dataConverter,
    maxHeartbeatThrottleInterval: '200 ms',
  });
  working = worker.run();
});
afterAll(async () => {
  worker?.shutdown();
  await working;
  await env?.teardown();
});

/** A run that waits for its disk to be approved. */
async function startRun(): Promise<void> {
  field.fingerprint = '7c1e90aabbcc';
  field.calls.length = 0;
  handle = await client.workflow.start(runWorkflowTypes.provision, {
    taskQueue: 'by-hand',
    workflowId: randomUUID(),
    args: [requestOf('presize')],
  });
  await waitsFor('approval');
}

async function waitsFor(kind: string): Promise<void> {
  await until(async () => (await status()).attention?.kind === kind);
}

function status(): Promise<RunStatus> {
  return handle.query<RunStatus>(messages.status);
}

function json(text: string): Payload {
  return { metadata: { encoding: Buffer.from('json/plain') }, data: Buffer.from(text) };
}

async function encoded(text: string, key = keys[0]): Promise<Payload> {
  const [payload] = await new EncryptingCodec([key]).encode([json(text)]);
  return payload ?? {};
}

/** Null when it was accepted, else the words of the refusal as they are on the wire. */
async function send(name: string, payloads: Payload[] | null): Promise<string | null> {
  const { outcome } = await env.connection.withDeadline(Date.now() + answersWithinMs, () =>
    env.connection.workflowService.updateWorkflowExecution({
      namespace: 'default',
      workflowExecution: { workflowId: handle.workflowId },
      waitPolicy: { lifecycleStage: completed },
      request: { meta: {}, input: { name, args: { payloads } } },
    }),
  );
  if (outcome?.failure) return outcome.failure.message ?? '';
  expect(outcome?.success).toBeDefined();
  return null;
}

describe('a run that waits for an approval', () => {
  beforeAll(startRun);

  const form = /approve takes \{"wipe": "SERIAL:FINGERPRINT"\}.*; this was sent: /;
  const token = new RegExp(`"wipe": "${approval}"`);

  test.each([
    ['nothing', null, form],
    ['null', [json('null')], form],
    ['a number', [json('5')], form],
    ['a list', [json('[1,2]')], form],
    ['an empty object', [json('{}')], form],
    ['an empty token', [json('{"wipe": " "}')], form],
    ['a number as a token', [json('{"wipe": 5}')], form],
    ['a word misspelt', [json(`{"wipes": "${approval}"}`)], form],
    ['a word that is not known', [json(`{"wipe": "${approval}", "force": "yes"}`)], form],
    ['two values', [json(`"${approval}"`), json('{}')], form],
    ['a huge text', [json(JSON.stringify({ wipe: 'x'.repeat(100_000) }))], form],
    ['the serial alone', [json('"SERIAL-1"')], token],
    ['another fingerprint', [json('"SERIAL-1:000000000000"')], token],
    ['another disk', [json('{"wipe": "OTHER:empty"}')], token],
  ])('refuses %s readably', async (_, payloads, words) => {
    const refusal = await send('approve', payloads);
    expect(refusal).toMatch(words);
    expect(refusal?.length).toBeLessThan(400);
  });

  test('refuses bytes that are no JSON, and an Update that does not exist', async () => {
    expect(await send('approve', [json('{"wipe": ')])).not.toBeNull();
    expect(await send('approve', [{}])).not.toBeNull();
    expect(await send('aprove', [json('{}')])).not.toBeNull();
  });

  test('refuses what another payload key has encoded, or what was damaged', async () => {
    const foreign = await encoded(`{"wipe": "${approval}"}`, payloadKey(randomBytes(32)));
    expect(await send('approve', [foreign])).not.toBeNull();
    const spoilt = await encoded(`{"wipe": "${approval}"}`);
    spoilt.data?.fill(0);
    expect(await send('approve', [spoilt])).not.toBeNull();
  });

  test('passes over a Signal, whatever it carries', async () => {
    await env.connection.workflowService.signalWorkflowExecution({
      namespace: 'default',
      workflowExecution: { workflowId: handle.workflowId },
      signalName: 'resume',
      input: { payloads: [await encoded('{}', payloadKey(randomBytes(32)))] },
    });
    expect((await status()).attention?.kind).toBe('approval');
  });

  test('has nothing to resume, and says so', async () => {
    expect(await send('resume', null)).toMatch(/core1 does not wait to be resumed/);
  });

  test('shows what each Update is for, with its argument', async () => {
    const metadata = await handle.query<{
      definition: { updateDefinitions: { name: string; description: string }[] };
    }>('__temporal_workflow_metadata');
    expect(metadata.definition.updateDefinitions).toEqual([
      { name: 'approve', description: expect.stringContaining('{"wipe": ') as string },
      { name: 'resume', description: expect.stringContaining('{"by": ') as string },
      { name: 'skip', description: expect.stringContaining('{"by": ') as string },
      { name: 'abort', description: expect.stringContaining('{"reason": ') as string },
    ]);
  });

  test('has written nothing by then, and takes what the UI has encoded', async () => {
    expect(field.calls).not.toContain('writeImage');
    expect(await send('approve', [await encoded(`{"wipe": "${approval}"}`)])).toBeNull();
    await expect(handle.result()).resolves.toMatchObject({ ok: true });
    const { timeline } = await status();
    expect(timeline.find(({ phase }) => phase === 'approve')?.summary).toBe(
      'serial SERIAL-1, with contents: approved by somebody in the Temporal UI',
    );
  });
});

test.each([`{"wipe": "${approval}", "by": "ada"}`, `"${approval}"`, `"  ${approval}\\n"`])(
  'approve takes plain JSON too: %s',
  async (text) => {
    await startRun();
    expect(await send('approve', [json(text)])).toBeNull();
    await handle.result();
  },
);

test.each([
  ['nothing', null],
  ['null', [json('null')]],
  ['an object', [json('{}')]],
])('resume with %s resumes', async (_, payloads) => {
  await startRun();
  field.failOnce.set('waitForInstalled', new ServerSilent('nothing answered'));
  expect(await send('approve', [json(`"${approval}"`)])).toBeNull();
  await waitsFor('failed');
  expect(await send('resume', [json('"now"')])).toMatch(/resume takes no data/);
  expect(await send('resume', payloads)).toBeNull();
  await handle.result();
});

test.each([
  ['nothing', null, 'Stopped by somebody in the Temporal UI.'],
  ['an object', [json('{"reason": "wrong\\nserver"}')], 'UI: wrong server.'],
])('abort with %s aborts', async (_, payloads, words) => {
  await startRun();
  expect(await send('abort', [json('[]')])).toMatch(/abort takes no data/);
  expect(await send('abort', payloads)).toBeNull();
  await expect(handle.result()).rejects.toThrow();
  expect((await status()).ending).toContain(words);
});
