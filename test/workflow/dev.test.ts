import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { ensureDev, stopDev } from '../../src/dev/background.ts';
import { resolveTemporal } from '../../src/dev/connection.ts';
import { devFile, devStatus } from '../../src/dev/dev-status.ts';
import type { DevChild, DevStatus } from '../../src/dev/dev-status.ts';
import { ownProgram } from '../../src/dev/own-program.ts';
import { isAlive } from '../../src/dev/pid-file.ts';
import { ensureTemporalCli } from '../../src/toolchain/temporal-cli.ts';

/** Stands in for the worker: notes what it was given, and its end. */
const dummyWorker = `
  const { appendFileSync } = require('node:fs');
  const note = (text) => appendFileSync(process.argv[1], text + '\\n');
  note('began ' + process.env.TEMPORAL_ADDRESS);
  process.on('SIGTERM', () => { note('ended'); process.exit(0); });
  setInterval(() => {}, 1000);
`;

let folder: string;
let workerNotes: string;
let options: Parameters<typeof ensureDev>[0];

async function until<Value>(look: () => Promise<Value | null | undefined | false>): Promise<Value> {
  const deadlineMs = performance.now() + 30_000;
  while (performance.now() < deadlineMs) {
    const value = await look();
    if (value) return value;
    await sleep(50);
  }
  throw new Error('it did not happen within 30s');
}

/** The number of a child other than the one before. */
async function newPid(child: DevChild, before: number | undefined): Promise<number> {
  return until(async () => {
    const pid = (await devStatus())?.pids[child];
    return pid !== before && pid;
  });
}

async function attributesOf({ address, namespace }: DevStatus): Promise<string[]> {
  const connection = await Connection.connect({ address, connectTimeout: 2_000 });
  try {
    const client = new Client({ connection });
    await client.workflow.count('');
    const answer = await connection.operatorService.listSearchAttributes({ namespace });
    return Object.keys(answer.customAttributes);
  } finally {
    await connection.close();
  }
}

/** Null while the port is another's. */
async function listenOn(port: number): Promise<ReturnType<typeof createServer> | null> {
  const server = createServer().listen(port, '127.0.0.1');
  return once(server, 'listening').then(
    () => server,
    () => null,
  );
}

beforeAll(async () => {
  const { path } = await ensureTemporalCli();
  folder = await mkdtemp(join(tmpdir(), 'dev-'));
  workerNotes = join(folder, 'worker-notes');
  process.env['TEMPORAL_CLI'] = path;
  process.env['XDG_STATE_HOME'] = join(folder, 'state');
  process.env['XDG_CONFIG_HOME'] = join(folder, 'config');
  options = {
    workerCommand: [process.execPath, '-e', dummyWorker, workerNotes],
    untilWorks: false,
  };
});
afterAll(async () => {
  await stopDev();
  await rm(folder, { recursive: true });
});

describe('dev', () => {
  let wanted: ReturnType<typeof createServer>;
  let status: DevStatus;

  beforeAll(async () => {
    wanted = createServer().listen(0, '127.0.0.1');
    await once(wanted, 'listening');
    const { port } = wanted.address() as AddressInfo;
    options = { ...options, port };
    status = await ensureDev(options);
  });
  afterAll(() => {
    wanted.close();
  });

  test('takes another port when the wanted one is busy, and registers what runs need', async () => {
    expect(status.address).not.toBe(`127.0.0.1:${(wanted.address() as AddressInfo).port}`);
    expect(await attributesOf(status)).toEqual(
      expect.arrayContaining(['ServerName', 'Provider', 'Phase', 'Attention']),
    );
    expect((await fetch(status.uiUrl)).status).toBe(200);
    expect((await fetch(`${status.codecUrl}/health`)).status).toBe(200);
    expect(await readFile(workerNotes, 'utf8')).toContain(`began ${status.address}`);
  });

  test('is what clients find, unless the environment says otherwise', async () => {
    expect(await resolveTemporal()).toEqual({
      address: status.address,
      namespace: 'default',
      from: 'ironstep dev',
    });
    process.env['TEMPORAL_ADDRESS'] = 'temporal.example:7233';
    expect(await resolveTemporal()).toMatchObject({
      address: 'temporal.example:7233',
      from: 'environment',
    });
    delete process.env['TEMPORAL_ADDRESS'];
  });

  test('is one: the second is refused, and ensureDev returns the first', async () => {
    const [program, ...args] = ownProgram('dev/serve', '{}');
    const second = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    const said: Buffer[] = [];
    second.stderr.on('data', (chunk: Buffer) => said.push(chunk));
    const [code] = (await once(second, 'exit')) as [number];
    expect(code).not.toBe(0);
    expect(Buffer.concat(said).toString()).toContain(`runs already (process ${status.pids.dev}`);
    expect((await ensureDev(options)).pids).toEqual(status.pids);
  });

  test('refuses to pass for a dev with another configuration', async () => {
    await expect(ensureDev({ ...options, configFolder: '/other' })).rejects.toMatchObject({
      name: 'DevRunsOtherwise',
    });
    await expect(ensureDev({ ...options, metrics: '9464' })).rejects.toThrow(
      'with none as its page of metrics, not http://127.0.0.1:9464/metrics',
    );
  });

  test.each<DevChild>(['temporal', 'codec', 'worker'])(
    'starts a killed %s again',
    async (child) => {
      const before = (await devStatus())?.pids[child];
      process.kill(before ?? Number.NaN, 'SIGKILL');
      const pid = await newPid(child, before);
      expect(await readFile(devFile(`${child}.pid`), 'utf8')).toBe(`${pid}\n`);
    },
  );

  test('serves again after Temporal was killed, with everything still registered', async () => {
    const before = (await devStatus())?.pids.temporal;
    process.kill(before ?? Number.NaN, 'SIGKILL');
    const names = await until(() => attributesOf(status).catch(() => null));
    expect(names).toContain('Attention');
    expect(await newPid('temporal', before)).toBeGreaterThan(1);
  });

  test('moves with everything when another program takes the port of a killed Temporal', async () => {
    const before = (await devStatus())?.pids.temporal;
    const port = Number(status.address.split(':').at(-1));
    process.kill(before ?? Number.NaN, 'SIGKILL');
    const thief = await until(() => listenOn(port));
    try {
      status = await until(async () => {
        const now = await devStatus();
        return now?.ready && now.address !== status.address && now;
      });
      expect(await attributesOf(status)).toContain('Attention');
      const began = async () => (await readFile(workerNotes, 'utf8')).includes(status.address);
      await until(began);
    } finally {
      thief.close();
    }
  });

  test('ends its children when it is stopped, the worker first', async () => {
    const pids = Object.values((await devStatus())?.pids ?? {});
    expect(pids).toHaveLength(4);
    expect(await stopDev()).toBe(true);
    expect(pids.filter(isAlive)).toEqual([]);
    expect((await readFile(workerNotes, 'utf8')).trimEnd().split('\n').at(-1)).toBe('ended');
    const left = (await readdir(join(folder, 'state', 'ironstep', 'dev'))).filter(
      (name) => name.endsWith('.pid') || name === 'status.json',
    );
    expect(left).toEqual([]);
    expect(await stopDev()).toBe(false);
  });
});

test('what a killed dev left behind is ended by the next one', async () => {
  const first = await ensureDev(options);
  process.kill(first.pids.dev, 'SIGKILL');
  await until(async () => !isAlive(first.pids.dev));
  expect(await devStatus()).toBeNull();
  const second = await ensureDev(options);
  const { dev: _, ...children } = first.pids;
  expect(Object.values(children).filter(isAlive)).toEqual([]);
  expect(await attributesOf(second)).toContain('Phase');
  await stopDev();
});

test('a dev that cannot start says why', async () => {
  const notTheCli = join(folder, 'not-the-cli');
  await writeFile(notTheCli, '#!/bin/sh\nexit 1\n', { mode: 0o755 });
  const real = process.env['TEMPORAL_CLI'];
  process.env['TEMPORAL_CLI'] = notTheCli;
  await expect(ensureDev(options)).rejects.toThrow(/does not run as the Temporal CLI/);
  process.env['TEMPORAL_CLI'] = real;
});
