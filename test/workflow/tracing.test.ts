import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';

import { Client } from '@temporalio/client';
import type { DataConverter } from '@temporalio/common';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { bundleWorkflowCode, DefaultLogger, Worker } from '@temporalio/worker';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';

import { RunClient } from '../../src/client.ts';
import { taskQueue } from '../../src/contract.ts';
import { freePort } from '../../src/dev/free-port.ts';
import { openTracing } from '../../src/worker/tracing.ts';
import { requestOf } from '../fixtures/provision-request.ts';
import { runInHistory } from '../run-in-history.ts';
import { FakeField } from './fake-field.ts';
import { startLocalTemporal } from './local-temporal.ts';
import { homeConverter, workerHome, WorkerProcess } from './worker-process.ts';

class ServerSilent extends Error {}

type History = Awaited<ReturnType<ReturnType<Client['workflow']['getHandle']>['fetchHistory']>>;

/** As OTLP's JSON has them (opentelemetry-proto, trace.proto), as far as they are looked at. */
type Attribute = { key: string; value: { stringValue?: string; intValue?: number } };
type Span = {
  name: string;
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes: Attribute[];
  status: { code?: number; message?: string };
};
type Traces = {
  resourceSpans: { resource: { attributes: Attribute[] }; scopeSpans: { spans: Span[] }[] }[];
};

const workflowsPath = fileURLToPath(new URL('../../src/workflows/index.ts', import.meta.url));
const [runLabels, tracing] = ['run-labels', 'tracing'].map((name) =>
  fileURLToPath(new URL(`../../src/workflows/${name}-interceptor.ts`, import.meta.url)),
) as [string, string];
const otlp = { OTEL_EXPORTER_OTLP_ENDPOINT: '' };

let temporal: TestWorkflowEnvironment;
let home: Awaited<ReturnType<typeof workerHome>>;
let dataConverter: DataConverter;
let collector: Server;
const received: { path: string; body: string }[] = [];
let traced: History;
let runId: string;

beforeAll(async () => {
  temporal = await startLocalTemporal();
  home = await workerHome(temporal.address);
  dataConverter = await homeConverter(home.folder);
  collector = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      received.push({ path: request.url ?? '', body: Buffer.concat(chunks).toString() });
      response.setHeader('Content-Type', 'application/json').end('{}');
    });
  }).listen(0, '127.0.0.1');
  await once(collector, 'listening');
  const { port } = collector.address() as AddressInfo;
  otlp.OTEL_EXPORTER_OTLP_ENDPOINT = `http://127.0.0.1:${port}`;
  const worker = new WorkerProcess({ ...home.env, ...otlp }, '--trouble');
  traced = await provisioned();
  expect(await worker.stop()).toBe(0);
});
afterAll(async () => {
  collector?.close();
  await temporal?.teardown();
  await rm(home.folder, { recursive: true });
});

/** Starts a run, answers what it asks, and returns its history. */
async function provisioned(): Promise<History> {
  const client = new Client({ connection: temporal.connection, dataConverter });
  const runs = new RunClient(client, temporal.address);
  const run = await runs.start('provision', requestOf('presize'));
  await vi.waitFor(
    async () => {
      const { attention, state } = await runs.status(run);
      if (attention?.kind === 'rescue') await runs.resume(run, { by: 'test' });
      const wipe = 'SERIAL-1:7c1e90aabbcc';
      if (attention?.kind === 'approval') await runs.approve(run, { by: 'test', wipe });
      expect(state).toBe('ready');
    },
    { timeout: 60_000, interval: 200 },
  );
  const handle = client.workflow.getHandle(run.workflowId);
  ({ runId } = await handle.describe());
  return handle.fetchHistory();
}

function spans(): Span[] {
  const batches = received.flatMap(({ body }) => (JSON.parse(body) as Traces).resourceSpans);
  return batches.flatMap(({ scopeSpans }) => scopeSpans).flatMap((scope) => scope.spans);
}

function secondsOf({ startTimeUnixNano, endTimeUnixNano }: Span): { start: number; end: number } {
  return { start: Number(startTimeUnixNano) / 1e9, end: Number(endTimeUnixNano) / 1e9 };
}

function valuesOf(attributes: Attribute[]): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
}

/** The run's span, those in it in the order of time, and the rest. */
function tree(): { run: Span | undefined; phases: Span[]; attempts: Span[] } {
  const all = spans();
  const run = all.find(({ parentSpanId }) => !parentSpanId);
  const inRun = all.filter(({ parentSpanId }) => parentSpanId === run?.spanId);
  const attempts = all.filter((span) => span !== run && !inRun.includes(span));
  const phases = inRun.toSorted((one, other) => secondsOf(one).start - secondsOf(other).start);
  return { run, phases, attempts };
}

it('one trace, named as the run, holds its phases, and these hold the attempts at activities', () => {
  expect(new Set(received.map(({ path }) => path))).toEqual(new Set(['/v1/traces']));
  const all = spans();
  expect(new Set(all.map(({ traceId }) => traceId))).toEqual(new Set([runId.replaceAll('-', '')]));
  expect(new Set(all.map(({ spanId }) => spanId)).size).toBe(all.length);
  const { run, phases, attempts } = tree();
  const history = runInHistory(traced);
  expect(run?.name).toBe('provisionServer');
  expect(phases.map(({ name, attributes }) => [name, valuesOf(attributes)['attempt']])).toEqual(
    history.phases.map(({ name, attempt }) => [name, attempt]),
  );
  const phaseIds = phases.map(({ spanId }) => spanId);
  expect(attempts.filter(({ parentSpanId = '' }) => !phaseIds.includes(parentSpanId))).toEqual([]);
  const scheduled = Object.values(history.activities).reduce((sum, count) => sum + count, 0);
  expect(attempts).toHaveLength(scheduled + history.retries.length);
});

it('an activity lies in the attempt of the phase that called it, and says what went wrong', () => {
  const { phases, attempts } = tree();
  const waits = attempts.filter(({ name }) => name === 'waitForRescue');
  const found = waits.map(({ attributes, parentSpanId, status }) => {
    const phase = phases.find(({ spanId }) => spanId === parentSpanId);
    const { attempt } = valuesOf(phase?.attributes ?? []);
    return { ...valuesOf(attributes), in: [phase?.name, attempt], message: status.message };
  });
  expect(found).toMatchObject([
    { server: 'core1', in: ['rescue', 1], 'error.type': 'ServerSilent', outcome: 'failed' },
    { server: 'core1', in: ['rescue', 2], outcome: 'done' },
  ]);
  expect(found.map(({ message }) => message)).toEqual(['silent [secret]', undefined]);
});

it('a phase lasts as long as in the history', () => {
  const inHistory = runInHistory(traced).phases;
  for (const [at, span] of tree().phases.entries()) {
    const { start, end } = secondsOf(span);
    // One clock on both sides, rounded to milliseconds at each end.
    expect(Math.abs(end - start - (inHistory[at]?.seconds ?? 0))).toBeLessThanOrEqual(0.001);
  }
});

it('no secret is in a trace', () => {
  const all = received.map(({ body }) => body).join('\n');
  expect(all).toContain('[secret]');
  for (const canary of Object.values(home.canaries)) expect(all).not.toContain(canary);
});

it('nothing is traced unless an endpoint says where to', async () => {
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318' };
  for (const off of [
    {},
    { ...env, OTEL_SDK_DISABLED: 'true' },
    { ...env, OTEL_TRACES_EXPORTER: 'none' },
  ]) {
    expect(await openTracing(off)).toBeNull();
  }
});

it('a collector that is not there stops nothing, and is said', async () => {
  const nobody = { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${await freePort(0)}` };
  const timeout = { OTEL_EXPORTER_OTLP_TIMEOUT: '1000' };
  const worker = new WorkerProcess({ ...home.env, ...nobody, ...timeout });
  await provisioned();
  expect(await worker.stop()).toBe(0);
  expect(worker.lines.join('\n')).toMatch(/ECONNREFUSED.*tracing: the last spans/);
});

it('a run goes on with a worker that traces or labels when it began with one that does not', async () => {
  const logger = new DefaultLogger('ERROR');
  const withNothing = await bundleWorkflowCode({ workflowsPath, logger });
  const workflowInterceptorModules = [runLabels, tracing];
  const withAll = await bundleWorkflowCode({ workflowsPath, logger, workflowInterceptorModules });
  const plain = await plainHistory(withNothing);
  const sinks = { traces: { ended: { fn: () => {} } } };
  for (const [workflowBundle, history] of [
    [withNothing, traced],
    [withAll, plain],
    [withAll, traced],
  ] as const) {
    await Worker.runReplayHistory({ workflowBundle, dataConverter, sinks }, history);
  }
});

/** The history of a run by a worker without any of our interceptors. */
async function plainHistory(workflowBundle: Awaited<ReturnType<typeof bundleWorkflowCode>>) {
  const field = new FakeField();
  field.fingerprint = '7c1e90aabbcc';
  field.failOnce.set('waitForRescue', new ServerSilent('silent'));
  const worker = await Worker.create({
    connection: temporal.nativeConnection,
    taskQueue,
    workflowBundle,
    activities: field.activities,
    dataConverter,
  });
  return worker.runUntil(provisioned);
}
