import { randomBytes } from 'node:crypto';
import { join, resolve } from 'node:path';

import { z } from 'zod';

import { findHardwareKind, hardwareKinds } from './hardware.ts';
import { readIfThere, writeState } from './state-file.ts';

const port = z.number().int().min(1).max(65_535);

const serverConfigSchema = z.strictObject({
  /** The person's own name of the server. */
  name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,30}$/),
  /** The provider's name of the server. */
  service: z.string().min(1),
  kind: z.string().refine((kind) => findHardwareKind(kind) !== null, 'no such kind of server'),
  /** Its number in the lab, from 1: last byte of its address, and of its MAC address. */
  number: z.number().int().min(1).max(250),
  address: z.string(),
  sshPort: port,
  /** Which one of its model each disk is; serial number and WWN follow from it. */
  diskOrdinals: z.array(z.number().int().min(1)),
});

const imagesSchema = z.strictObject({
  kernel: z.string(),
  initrd: z.string(),
  rescueSquashfs: z.string(),
  releaseFolder: z.string(),
  releaseVersion: z.string(),
  signingKeyFile: z.string(),
  signedBy: z.string(),
});

/** What a lab is, decided once by `lab up` and kept in lab.json. It holds keys: mode 0600. */
export const labConfigSchema = z.strictObject({
  ports: z.strictObject({ api: port, images: port, control: port }),
  keys: z.strictObject({
    applicationKey: z.string(),
    applicationSecret: z.string(),
    consumerKey: z.string(),
  }),
  /** Added to the ids of all netboots but the disk's: nobody must store such an id. */
  bootIdShift: z.number().int().min(0),
  servers: z.array(serverConfigSchema),
  /** Absent in a lab without machines: then only the API can be used. */
  images: imagesSchema.nullable(),
});

export type LabConfig = z.output<typeof labConfigSchema>;
export type ServerConfig = LabConfig['servers'][number];
export type LabImageFiles = z.output<typeof imagesSchema>;

/** The lab was asked for something that it does not have. The person must ask for another. */
export class LabUsageError extends Error {
  override name = 'LabUsageError';
}

export const defaultPorts = { api: 7080, images: 7081, control: 7082 };
export const defaultNet = '127.0.77';
export const defaultServers = 'core1:KS-2a,core2:KS-2b,core3:KS-2c';

/** Service names of the first servers, those of EXPERIENCE; later ones are counted on. */
const serviceNumbers = [3_012_345, 3_067_890, 3_011_111];

export type ServerRequest = { name: string; kind: string };

/** `core1:KS-2a,core2:KS-2b` → name and kind of each. Throws LabUsageError. */
export function parseServers(text: string): ServerRequest[] {
  const requests = text.split(',').map((part) => {
    const [name = '', kind = 'KS-2a', ...rest] = part.trim().split(':');
    const known = findHardwareKind(kind);
    if (!/^[a-z0-9][a-z0-9-]{0,30}$/.test(name) || known === null || rest.length > 0) {
      const kinds = Object.keys(hardwareKinds).join(', ');
      throw new LabUsageError(`"${part}" is not NAME:KIND; the kinds are ${kinds}`);
    }
    return { name, kind };
  });
  const names = new Set(requests.map(({ name }) => name));
  if (names.size < requests.length) throw new LabUsageError(`a server is named twice in ${text}`);
  return requests;
}

/** The servers of a lab: addresses, service names, disks. `sshPortOf` tells where SSH can be bound. */
export function planServers(
  requests: ServerRequest[],
  net: string,
  sshPortOf: (address: string, number: number) => number,
): ServerConfig[] {
  const disksOfModel = new Map<string, number>();
  return requests.map(({ name, kind }, index) => {
    const number = index + 1;
    const address = `${net}.${number}`;
    const serviceNumber = serviceNumbers[index] ?? 3_020_000 + number;
    const diskOrdinals = (findHardwareKind(kind)?.disks ?? []).map(({ model }) => {
      const ordinal = (disksOfModel.get(model) ?? 0) + 1;
      disksOfModel.set(model, ordinal);
      return ordinal;
    });
    const service = `ns${serviceNumber}.ip-5-39-80.eu`;
    const sshPort = sshPortOf(address, number);
    return { name, service, kind, number, address, sshPort, diskOrdinals };
  });
}

/** Keys of an account of the lab, in the form of OVH's: 16, 32 and 32 characters. */
export function newKeys(): LabConfig['keys'] {
  const random = (length: number) => randomBytes(length).toString('hex').slice(0, length);
  return {
    applicationKey: random(16),
    applicationSecret: random(32),
    consumerKey: random(32),
  };
}

/** Base of the OVH API: what a client signs. */
export function apiBase(config: LabConfig): string {
  return `http://127.0.0.1:${config.ports.api}/1.0`;
}

/** Base of the image server, for the worker and (by a forward) for the rescue system. */
export function imageBase(config: LabConfig): string {
  return `http://127.0.0.1:${config.ports.images}`;
}

/** Base of the lab's own API for tests. */
export function controlBase(config: LabConfig): string {
  return `http://127.0.0.1:${config.ports.control}`;
}

/** Where everything of a lab lies. */
export function labPaths(folder: string) {
  const root = resolve(folder);
  return {
    root,
    config: join(root, 'lab.json'),
    journal: join(root, 'journal.jsonl'),
    faults: join(root, 'faults.json'),
    acceleration: join(root, 'acceleration.json'),
    daemonPid: join(root, 'daemon.pid'),
    daemonLog: join(root, 'daemon.log'),
    /** Releases that a test adds or breaks; they win over the built one. */
    releases: join(root, 'releases'),
    clientConfig: join(root, 'config'),
    server: (name: string) => serverPaths(join(root, 'servers', name)),
  };
}

export type ServerPaths = ReturnType<typeof serverPaths>;

function serverPaths(folder: string) {
  return {
    folder,
    state: join(folder, 'state.json'),
    console: join(folder, 'console.log'),
    qemuLog: join(folder, 'qemu.log'),
    pid: join(folder, 'qemu.pid'),
    qmp: join(folder, 'qmp.sock'),
    fwCfg: (key: string) => join(folder, 'fw-cfg', key),
    uefiVariables: join(folder, 'uefi-vars.fd'),
    disk: (index: number) => join(folder, index === 0 ? 'disk.raw' : `disk${index + 1}.raw`),
  };
}

/** The lab in this folder, or null when there is none. Throws a ZodError for a foreign lab.json. */
export function readLabConfig(folder: string): LabConfig | null {
  const text = readIfThere(labPaths(folder).config);
  return text === null ? null : labConfigSchema.parse(JSON.parse(text));
}

export function writeLabConfig(folder: string, config: LabConfig): void {
  writeState(labPaths(folder).config, config);
}
