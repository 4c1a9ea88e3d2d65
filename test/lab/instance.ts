import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { Client, Connection, isGrpcDeadlineError } from '@temporalio/client';

import { lockFile } from '../../lab/file-lock.ts';
import { ensureImages } from '../../lab/images/ensure-images.ts';
import { imageFiles } from '../../lab/image-files.ts';
import { labUp, type Lab } from '../../lab/lab-client.ts';
import { labPaths } from '../../lab/lab-config.ts';
import type { LabConfig } from '../../lab/lab-config.ts';
import { loadSpec } from '../../src/cli/load-spec.ts';
import type { ProvisionRequest } from '../../src/contract.ts';
import type { LiveStatus } from '../../src/client/live-status.ts';
import type { Phase } from '../../src/run/status.ts';
import { RunClient, type RunReference } from '../../src/client.ts';
import { createDataConverter } from '../../src/codec/data-converter.ts';
import { loadPayloadKeys } from '../../src/codec/payload-key.ts';
import { ensureDev, stopDev } from '../../src/dev/background.ts';
import type { DevStatus } from '../../src/dev/dev-status.ts';

const program = fileURLToPath(new URL('../../bin/ironstep.mjs', import.meta.url));

export type Ended = { exitCode: number | null; stdout: string; stderr: string };

/** Where a Temporal with a worker is. */
type TemporalPlace = Pick<DevStatus, 'address' | 'namespace'>;

/** One that a test runs itself, instead of `ironstep dev`. */
export type OwnTemporal = TemporalPlace & { stop: () => Promise<void> };

type InstanceOptions = {
  net: string;
  servers: string;
  /** Started instead of `ironstep dev`. */
  temporal?: (folder: string, configFolder: string) => Promise<OwnTemporal>;
  /** Of the lab's daemon; free ones unless said otherwise. */
  ports?: LabConfig['ports'];
};

/**
 * A lab, a Temporal, a worker and a person's shell of their own, in folders of their own, so that
 * tests neither see nor disturb what else runs on this machine.
 */
export class Instance {
  readonly folder: string;
  readonly lab: Lab;
  dev: TemporalPlace;
  readonly #stopTemporal: () => Promise<unknown>;
  #runs: RunClient;

  private constructor(
    folder: string,
    lab: Lab,
    dev: TemporalPlace & Partial<OwnTemporal>,
    runs: RunClient,
  ) {
    this.folder = folder;
    this.lab = lab;
    this.dev = dev;
    this.#stopTemporal = dev.stop ?? stopDev;
    this.#runs = runs;
  }

  /** `net`: first three numbers of the servers' addresses, another one for each test file. */
  static async start(options: InstanceOptions): Promise<Instance> {
    const folder = mkdtempSync(join(tmpdir(), 'ironstep-lab-'));
    process.env['XDG_STATE_HOME'] = join(folder, 'state');
    process.env['XDG_CONFIG_HOME'] = join(folder, 'config');
    const images = imageFiles(await ensureImages({ log: () => {} }));
    // Two that start at once would choose the same free ports.
    const unlock = await lockFile(join(tmpdir(), 'ironstep-lab-start.lock'));
    try {
      const lab = await labUp({
        ...options,
        folder: join(folder, 'lab'),
        ports: options.ports ?? (await freePorts()),
        images,
      });
      const { configFolder } = lab;
      const dev =
        (await options.temporal?.(folder, configFolder)) ?? (await ensureDev({ configFolder }));
      return new Instance(folder, lab, dev, await openRuns(dev));
    } finally {
      unlock();
    }
  }

  /** A person's way to runs, in this process. */
  get runs(): RunClient {
    return this.#runs;
  }

  /** Temporal is gone with all that it knew; a new one is there, and a worker with the old keys. */
  async loseTemporal(): Promise<void> {
    await this.whileStopped(() => {
      const folder = join(this.folder, 'state/ironstep/dev');
      for (const name of readdirSync(folder)) {
        if (name.startsWith('temporal.db')) rmSync(join(folder, name));
      }
    });
  }

  /** Does `work` while neither Temporal nor a worker runs. */
  async whileStopped(work: () => void): Promise<void> {
    await this.#runs.close();
    await stopDev();
    work();
    this.dev = await ensureDev({ configFolder: this.lab.configFolder });
    this.#runs = await openRuns(this.dev);
  }

  /** Ends a run as the Temporal UI can: it gets no chance to put anything back. */
  async terminate({ workflowId }: RunReference): Promise<void> {
    const { address, namespace } = this.dev;
    const connection = await Connection.connect({ address });
    try {
      await new Client({ connection, namespace }).workflow.getHandle(workflowId).terminate('test');
    } finally {
      await connection.close();
    }
  }

  async stop(): Promise<void> {
    await this.#runs.close();
    await this.#stopTemporal();
    await this.lab.down();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Writes a file into the person's folder and returns its path. */
  file(name: string, content: string): string {
    const path = join(this.folder, name);
    writeFileSync(path, content);
    return path;
  }

  /** Everything that the processes of `dev` and the lab wrote to their logs. */
  logs(): string {
    return ['dev', 'worker', 'codec', 'temporal']
      .map((name) => readFileSync(join(this.folder, 'state/ironstep/dev', `${name}.log`), 'utf8'))
      .join('\n');
  }

  /** Serves an image with one wrong byte, until it is mended. */
  async spoilImage(): Promise<{ mend: () => void }> {
    const { images } = this.lab.config;
    if (images === null) throw new Error('this lab has no images');
    const name = `stable/amd64-usr/${images.releaseVersion}/flatcar_production_image.bin.zst`;
    const bytes = readFileSync(join(images.releaseFolder, name));
    const middle = Math.floor(bytes.length / 2);
    bytes.writeUInt8(bytes.readUInt8(middle) ^ 1, middle);
    const file = join(labPaths(this.lab.folder).releases, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, bytes);
    return { mend: () => rmSync(file) };
  }

  /** Starts the CLI as a person without a terminal would. */
  begin(...args: string[]): { ended: Promise<Ended>; said: () => string } {
    const child = spawn(process.execPath, [program, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      cwd: this.folder,
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    const ended = new Promise<Ended>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (exitCode) => resolve({ exitCode, stdout, stderr }));
    });
    return { ended, said: () => stdout + stderr };
  }

  run(...args: string[]): Promise<Ended> {
    return this.begin(...args).ended;
  }

  /** Asked in this process: a CLI a second would take the CPU from the machine under test. */
  async status(server: string): Promise<LiveStatus> {
    return this.#patiently(async () => this.#runs.status(await this.#runs.find(server)));
  }

  /** A query waits for a worker that shares two cores with machines: late is not lost. */
  async #patiently<T>(ask: () => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await ask();
      } catch (error) {
        const late = isGrpcDeadlineError(error) || isGrpcDeadlineError((error as Error).cause);
        if (!late || tries === 5) throw error;
      }
    }
  }

  /** Starts a run with what the CLI does not offer, and waits for its end. */
  async provision(path: string, extra: Partial<ProvisionRequest>): Promise<LiveStatus> {
    const run = await this.start(path, extra);
    for (;;) {
      const status = await this.#patiently(() => this.#runs.status(run));
      if (status.state !== 'running' && status.state !== 'waiting') return status;
      await sleep(1_000);
    }
  }

  /** Starts a run in this process, without the CLI. */
  async start(path: string, extra: Partial<ProvisionRequest>): Promise<RunReference> {
    const { spec } = await loadSpec(path);
    return this.#runs.start('provision', { spec, by: 'test', ...extra });
  }

  /** Stops a run; returns the phase in which it was asked to. */
  async abort(run: RunReference): Promise<Phase> {
    return (await this.#runs.abort(run, { by: 'test' })).phase;
  }

  workerPid(): number {
    const path = join(this.folder, 'state/ironstep/dev/worker.pid');
    return Number.parseInt(readFileSync(path, 'utf8'), 10);
  }
}

async function openRuns({ address, namespace }: TemporalPlace): Promise<RunClient> {
  const converter = createDataConverter(await loadPayloadKeys());
  return RunClient.connect({ address, namespace }, converter);
}

async function freePorts(): Promise<LabConfig['ports']> {
  const servers = await Promise.all(
    Array.from({ length: 3 }, async () => {
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  for (const server of servers) await new Promise((resolve) => server.close(resolve));
  const [api = 0, images = 0, control = 0] = ports;
  return { api, images, control };
}
