import { execFile } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { Client } from '@temporalio/client';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { openCodecAccess } from '../../src/codec/codec-access.ts';
import { createCodecServer } from '../../src/codec/codec-server.ts';
import { createDataConverter } from '../../src/codec/data-converter.ts';
import { EncryptingCodec } from '../../src/codec/payload-codec.ts';
import { payloadKey } from '../../src/codec/payload-key.ts';
import { ensureTemporalCli } from '../../src/toolchain/temporal-cli.ts';
import { codecActivities } from '../fixtures/codec-activities.ts';
import type { carry } from '../fixtures/codec-workflow.ts';

const run = promisify(execFile);
const keys = [payloadKey(randomBytes(32))] as const;
const dataConverter = createDataConverter(keys);
const canary = `canary-${randomUUID()}`;
const workflowId = 'carry';

let cli: string;
let temporal: TestWorkflowEnvironment;
let client: Client;
let codecServer: Server;

/** What the Temporal CLI shows of the history, with base64 read as text. */
async function shown(...args: string[]): Promise<string> {
  const address = ['--address', temporal.address];
  const show = ['workflow', 'show', '-w', workflowId, '-o', 'json'];
  const { stdout } = await run(cli, [...show, ...address, ...args], { maxBuffer: 1e8 });
  const decoded = stdout.replace(/"([A-Za-z0-9+/]+=*)"/g, (_, text: string) =>
    Buffer.from(text, 'base64').toString(),
  );
  return stdout + decoded;
}

beforeAll(async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  ({ path: cli } = await ensureTemporalCli());
  temporal = await TestWorkflowEnvironment.createLocal({
    server: { executable: { type: 'existing-path', path: cli }, ip: '127.0.0.1' },
  });
  codecServer = createCodecServer({ codec: new EncryptingCodec(keys), uiOrigins: [] });
  codecServer.listen(0, '127.0.0.1');
  await once(codecServer, 'listening');
  client = new Client({ connection: temporal.connection, dataConverter });
  const worker = await Worker.create({
    connection: temporal.nativeConnection,
    taskQueue: 'codec',
    workflowsPath: fileURLToPath(new URL('../fixtures/codec-workflow.ts', import.meta.url)),
    activities: codecActivities,
    dataConverter,
  });
  await worker.runUntil(async () => {
    const handle = await client.workflow.start<typeof carry>('carry', {
      workflowId,
      taskQueue: 'codec',
      args: [canary],
      memo: { note: canary },
      staticSummary: canary,
    });
    await handle.result().catch(() => undefined);
  });
});
afterAll(async () => {
  codecServer?.close();
  await temporal?.teardown();
});

test('nothing of what a run carries can be read in the history that Temporal keeps', async () => {
  const history = await shown();
  expect(history).toContain('binary/encrypted');
  expect(history).toContain('Encoded failure');
  expect(history).not.toContain(canary);
});

test('the codec server shows it to the Temporal CLI', async () => {
  const { port } = codecServer.address() as AddressInfo;
  const history = await shown('--codec-endpoint', `http://127.0.0.1:${port}`);
  expect(history).toContain(`heard ${canary}`);
  expect(history).toContain(`failed over ${canary}`);
  expect(history).toContain(`about ${canary}`);
});

test('the codec server of a team shows it to the Temporal CLI with a token', async () => {
  const token = randomBytes(32).toString('base64url');
  const folder = await mkdtemp(join(tmpdir(), 'codec-tokens-'));
  const tokens = join(folder, 'codec.tokens');
  await writeFile(tokens, `alice ${token}\n`, { mode: 0o600 });
  const access = openCodecAccess(tokens);
  const team = { access, publicUrl: new URL('http://codec.team.example') };
  const codec = new EncryptingCodec(keys);
  const teamServer = createCodecServer({ codec, uiOrigins: [], team }).listen(0, '127.0.0.1');
  await once(teamServer, 'listening');
  try {
    const { port } = teamServer.address() as AddressInfo;
    const ask = ['--codec-endpoint', `http://127.0.0.1:${port}`];
    const auth = ['--codec-auth', `Bearer ${token}`];
    expect(await shown(...ask, ...auth)).toContain(`heard ${canary}`);
  } finally {
    teamServer.close();
    await rm(folder, { recursive: true });
  }
});

test('the client sees the failure as it was', async () => {
  await expect(client.workflow.getHandle(workflowId).result()).rejects.toMatchObject({
    name: 'WorkflowFailedError',
    cause: { cause: { message: `failed over ${canary}`, type: 'TypeError' } },
  });
});

test('a client without the key is told which one is missing', async () => {
  const stranger = new Client({
    connection: temporal.connection,
    dataConverter: createDataConverter([payloadKey(randomBytes(32))]),
  });
  const result = stranger.workflow.getHandle(workflowId).result();
  await expect(result).rejects.toThrow(`payload key ${keys[0].id}`);
});

test('histories can be written as JSON', () => {
  // Two copies of protobufjs in node_modules make this throw "type must be a Type": it must stay
  // a direct dependency, in the version that the SDK wants.
  expect(historyToJSON({ events: [] })).toEqual(expect.any(String));
});
