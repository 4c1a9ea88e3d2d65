import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import type { DataConverter } from '@temporalio/common';

import { createDataConverter } from '../../src/codec/data-converter.ts';
import { loadPayloadKeys } from '../../src/codec/payload-key.ts';

/** Keys of a provider's account that never existed, by which a leak is noticed. */
export type Canaries = Record<'applicationKey' | 'applicationSecret' | 'consumerKey', string>;

/** A folder with an account, and the environment in which a worker finds it and Temporal. */
export async function workerHome(temporalAddress: string): Promise<{
  folder: string;
  env: NodeJS.ProcessEnv;
  canaries: Canaries;
}> {
  const folder = await mkdtemp(join(tmpdir(), 'observed-'));
  const [applicationKey, applicationSecret, consumerKey] = [1, 2, 3].map(() => randomUUID());
  const canaries = { applicationKey, applicationSecret, consumerKey } as Canaries;
  const account = { kind: 'ovh', endpoint: 'http://127.0.0.1:1', ...canaries };
  await mkdir(join(folder, 'ironstep'), { mode: 0o700 });
  await writeFile(join(folder, 'ironstep', 'credentials.yaml'), JSON.stringify({ lab: account }), {
    mode: 0o600,
  });
  const env = {
    TEMPORAL_ADDRESS: temporalAddress,
    XDG_CONFIG_HOME: folder,
    XDG_STATE_HOME: folder,
  };
  return { folder, env, canaries };
}

/** What shares the payload key of such a worker. */
export async function homeConverter(folder: string): Promise<DataConverter> {
  return createDataConverter(await loadPayloadKeys(join(folder, 'ironstep', 'payload.key')));
}

const program = fileURLToPath(new URL('../fixtures/observed-worker.ts', import.meta.url));

/** A worker in a process of its own, with every line that it writes. */
export class WorkerProcess {
  readonly lines: string[] = [];
  readonly #child: ChildProcess;
  /** Its exit code, once it is over and has said everything. */
  readonly over: Promise<number>;

  constructor(env: NodeJS.ProcessEnv, ...args: string[]) {
    this.#child = spawn(process.execPath, ['--import', 'tsx', program, ...args], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.over = once(this.#child, 'close').then(([code]) => Number(code ?? Number.NaN));
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      if (stream) createInterface(stream).on('line', (line) => this.lines.push(line));
    }
  }

  /** Asks it to end, and returns its exit code. */
  async stop(): Promise<number> {
    this.#child.kill('SIGTERM');
    return this.over;
  }
}
