import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { z } from 'zod';

import { writeClientConfig } from './client-config.ts';
import { freePort } from '../src/dev/free-port.ts';
import { journalSchema } from './journal.ts';
import type { JournalEntry } from './journal.ts';
import {
  apiBase,
  controlBase,
  defaultNet,
  defaultPorts,
  defaultServers,
  imageBase,
  labPaths,
  LabUsageError,
  newKeys,
  parseServers,
  type ServerRequest,
  planServers,
  readLabConfig,
  writeLabConfig,
} from './lab-config.ts';
import type { LabConfig, LabImageFiles, ServerConfig } from './lab-config.ts';
import { killProcess, findProcess, waitForExit } from './machine/process.ts';
import type { FaultInput } from './scenario.ts';
import { labServerViewSchema } from './server-view.ts';
import type { LabServerView } from './server-view.ts';
import { readIfThere } from './state-file.ts';

/** The lab's daemon did not start, or does not answer. The message says where its log is. */
export class LabDown extends Error {
  override name = 'LabDown';
}

export type LabOptions = {
  /** Where everything of the lab lies. */
  folder: string;
  /** `core1:KS-2a,core2:KS-2b`; by default three servers. An existing lab keeps its own. */
  servers?: string;
  /** First three numbers of the servers' addresses, 127.0.77 by default. */
  net?: string;
  ports?: LabConfig['ports'];
  /** What the machines boot and the image server serves; null: a lab with an API only. */
  images: LabImageFiles | null;
};

const statusSchema = z.strictObject({
  pid: z.number(),
  acceleration: z.string(),
  servers: z.array(labServerViewSchema),
});

export type LabStatus = z.output<typeof statusSchema>;

const startsWithinMs = 60_000;
const endsWithinMs = 30_000;
const portsFreeWithinMs = 2_000;

/**
 * Brings a lab up, or finds it up: decides what it is on the first call, writes the account and
 * the mirror for ironstep, and starts the daemon. Throws LabDown, LabUsageError.
 */
export async function labUp(options: LabOptions): Promise<Lab> {
  const known = new Lab(options.folder, await ensureConfig(options));
  if (await known.answers()) return known;
  const config = await withFreePorts(known.config);
  writeLabConfig(options.folder, config);
  writeClientConfig(options.folder, config);
  const lab = new Lab(options.folder, config);
  await startDaemon(lab);
  return lab;
}

/** The lab in this folder. Throws LabUsageError when there is none; it may be down. */
export function openLab(folder: string): Lab {
  const config = readLabConfig(folder);
  if (config === null) throw new LabUsageError(`there is no lab in ${folder}: ironstep lab up`);
  return new Lab(folder, config);
}

/** A lab as a client sees it: for tests, the demo and `ironstep lab`. */
export class Lab {
  readonly folder: string;
  readonly config: LabConfig;
  /** Base URL of the OVH API. */
  readonly endpoint: string;
  /** Base URL of the image server, the same for the worker and for the rescue system. */
  readonly imageUrl: string;
  /** Folder with credentials.yaml and mirrors.yaml for ironstep. */
  readonly configFolder: string;

  constructor(folder: string, config: LabConfig) {
    this.folder = folder;
    this.config = config;
    this.endpoint = apiBase(config);
    this.imageUrl = imageBase(config);
    this.configFolder = labPaths(folder).clientConfig;
  }

  /** One server, by its name. Throws LabUsageError. */
  server(name: string): LabServerHandle {
    const config = this.config.servers.find((server) => server.name === name);
    if (config !== undefined) return new LabServerHandle(this, config);
    const known = this.config.servers.map((server) => server.name).join(', ');
    throw new LabUsageError(`the lab has no server ${name}; it has ${known}`);
  }

  async status(): Promise<LabStatus> {
    return statusSchema.parse(await this.call('GET', '/status'));
  }

  /** Every call of the API so far, oldest first. */
  async journal(): Promise<JournalEntry[]> {
    return journalSchema.parse(await this.call('GET', '/journal'));
  }

  /** Arms faults in addition to those that are armed. */
  async arm(...faults: FaultInput[]): Promise<void> {
    await this.call('POST', '/faults', { faults });
  }

  async clearFaults(): Promise<void> {
    await this.call('DELETE', '/faults');
  }

  /** Process id of the daemon, or null when it does not run. */
  daemonPid(): number | null {
    return findProcess(labPaths(this.folder).daemonPid, labPaths(this.folder).root);
  }

  /** Powers every machine off and ends the daemon. Fine when it is down already. */
  async down(): Promise<void> {
    const pid = this.daemonPid();
    if (pid !== null) {
      await this.call('POST', '/down').catch(() => undefined);
      if (!(await waitForExit(pid, endsWithinMs))) await killProcess(pid);
    }
    for (const { name } of this.config.servers) {
      const file = labPaths(this.folder).server(name).pid;
      const machinePid = findProcess(file, file);
      if (machinePid !== null) await killProcess(machinePid);
    }
  }

  /** Does the daemon of this folder answer? Another lab may have its ports. */
  async answers(): Promise<boolean> {
    const pid = this.daemonPid();
    if (pid === null) return false;
    return this.status().then(
      (status) => status.pid === pid,
      () => false,
    );
  }

  /** A call of the control API. Throws LabDown; an Error with the lab's words when it refuses. */
  async call(method: string, path: string, body?: object): Promise<unknown> {
    const url = controlBase(this.config) + path;
    let response: Response;
    try {
      response = await fetch(url, {
        method,
        body: body === undefined ? null : JSON.stringify(body),
      });
    } catch (error) {
      const { daemonLog } = labPaths(this.folder);
      const why = `nothing answers at ${url}. Start it: ironstep lab up. Its log: ${daemonLog}`;
      throw new LabDown(`The lab is down: ${why}`, {
        cause: error,
      });
    }
    const answer: unknown = await response.json();
    if (response.ok) return answer;
    throw new Error(`${method} ${path}: ${JSON.stringify(answer)}`);
  }
}

/** One server of the lab: what a technician or a power station can do to it. */
export class LabServerHandle {
  readonly name: string;
  readonly service: string;
  /** Where SSH answers. */
  readonly address: string;
  readonly sshPort: number;
  readonly #lab: Lab;

  constructor(lab: Lab, config: ServerConfig) {
    this.#lab = lab;
    this.name = config.name;
    this.service = config.service;
    this.address = config.address;
    this.sshPort = config.sshPort;
  }

  async status(): Promise<LabServerView> {
    return labServerViewSchema.parse(await this.#lab.call('GET', `/servers/${this.name}`));
  }

  powerOn(): Promise<LabServerView> {
    return this.#act('power-on');
  }

  /** Without asking the guest. */
  powerOff(): Promise<LabServerView> {
    return this.#act('power-off');
  }

  reset(): Promise<LabServerView> {
    return this.#act('reset');
  }

  /** SIGKILL to QEMU; the server stays off. */
  cutPower(): Promise<LabServerView> {
    return this.#act('power-cut');
  }

  /** Someone changes the provider's settings, past the account of the lab. */
  alter(settings: Partial<LabServerView['settings']>): Promise<LabServerView> {
    return this.#act('settings', settings);
  }

  /** From the next boot, the disk has another serial number. */
  swapSerial(serial: string, disk = 0): Promise<LabServerView> {
    return this.#act('serial', { disk, serial });
  }

  /** Puts an old system's partitions and files on a disk. A running machine is reset by it. */
  insertOldSystem(disk = 0): Promise<LabServerView> {
    return this.#act('old-system', { disk });
  }

  /** Bodies of all PUTs that changed this server, oldest first. */
  async puts(): Promise<unknown[]> {
    const journal = await this.#lab.journal();
    return journal
      .filter(({ server, method, status }) => {
        return server === this.name && method === 'PUT' && status === 200;
      })
      .map(({ body }) => body);
  }

  async #act(verb: string, body?: object): Promise<LabServerView> {
    const answer = await this.#lab.call('POST', `/servers/${this.name}/${verb}`, body);
    return labServerViewSchema.parse(answer);
  }
}

/** A lab that has what is asked for, and more, is the lab that is asked for. */
function refuseOthers(folder: string, known: LabConfig, requests: ServerRequest[]): void {
  const inWords = (servers: readonly ServerRequest[]) =>
    servers.map(({ name, kind }) => `${name}:${kind}`);
  const has = inWords(known.servers);
  const missing = inWords(requests).filter((request) => !has.includes(request));
  if (missing.length === 0) return;
  throw new LabUsageError(
    `The lab in ${folder} has ${has.join()}, not ${missing.join()}. Use another one with ` +
      `--folder and --ports, or delete this one with its disks:\n` +
      `  npx ironstep lab down; rm -r ${folder}`,
  );
}

async function ensureConfig(options: LabOptions): Promise<LabConfig> {
  const known = readLabConfig(options.folder);
  const requests = parseServers(options.servers ?? defaultServers);
  if (known !== null) {
    if (options.servers !== undefined) refuseOthers(options.folder, known, requests);
    const config = { ...known, images: options.images ?? known.images };
    writeLabConfig(options.folder, config);
    return config;
  }
  const net = options.net ?? defaultNet;
  if (!/^127\.\d{1,3}\.\d{1,3}$/.test(net)) throw new LabUsageError(`${net} is not like 127.0.77`);
  const port22 = await canListen(`${net}.1`, 22);
  const config: LabConfig = {
    ports: options.ports ?? defaultPorts,
    keys: newKeys(),
    bootIdShift: Math.floor(Math.random() * 1_000),
    servers: planServers(requests, net, (_, number) => (port22 ? 22 : 2200 + number)),
    images: options.images,
  };
  writeLabConfig(options.folder, config);
  return config;
}

/** The lab's ports where they are free: nothing of it listens while its daemon is down. */
async function withFreePorts(config: LabConfig): Promise<LabConfig> {
  const { api, images, control } = config.ports;
  const ports = {
    api: await portSoonFree(api),
    images: await portSoonFree(images),
    control: await portSoonFree(control),
  };
  return { ...config, ports };
}

/** A daemon that was killed a moment ago may still hold its port; what holds it longer is another. */
async function portSoonFree(wanted: number): Promise<number> {
  const untilMs = Date.now() + portsFreeWithinMs;
  for (;;) {
    const port = await freePort(wanted);
    if (port === wanted || Date.now() > untilMs) return port;
    await sleep(100);
  }
}

/** Port 22 is for root, or for everybody where ip_unprivileged_port_start allows. */
function canListen(address: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, address, () => server.close(() => resolve(true)));
  });
}

async function startDaemon(lab: Lab): Promise<void> {
  const paths = labPaths(lab.folder);
  mkdirSync(paths.root, { recursive: true, mode: 0o700 });
  const log = openSync(paths.daemonLog, 'a', 0o600);
  const script = fileURLToPath(new URL('daemon.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', script, '--folder', paths.root], {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    detached: true,
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  child.unref();
  const untilMs = Date.now() + startsWithinMs;
  while (!(await lab.answers())) {
    if (child.exitCode !== null || child.signalCode !== null || Date.now() > untilMs) {
      const said = (readIfThere(paths.daemonLog) ?? '').slice(-600);
      throw new LabDown(`the lab's daemon did not start; ${paths.daemonLog} ends with: ${said}`);
    }
    await sleep(100);
  }
}
