import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';

import { z } from 'zod';

import type { Field } from './field.ts';
import type { Journal } from './journal.ts';
import type { LabServer } from './lab-server.ts';
import { listen } from './listen.ts';
import type { Listening } from './listen.ts';
import type { Faults } from './scenario.ts';
import { scenarioSchema } from './scenario.ts';

export type ControlOptions = {
  field: Field;
  faults: Faults;
  journal: Journal;
  port: number;
  /** How machines run here, in words. */
  acceleration: string;
  /** Ends the daemon, after the answer. */
  onDown: () => void;
};

type Call = { options: ControlOptions; server: LabServer; body: unknown };

/** What can be done to one server: POST /servers/NAME/VERB. */
const verbs: Record<string, (call: Call) => Promise<unknown> | undefined> = {
  reset: ({ server }) => server.reset('control'),
  'power-on': ({ server }) => (server.power === 'on' ? undefined : server.reset('control')),
  'power-off': ({ server }) => server.powerOff(),
  /** SIGKILL to QEMU. */
  'power-cut': ({ server }) => server.cutPower(),
  'power-button': ({ server }) => server.pressPowerButton(),
  /** Someone else changes the provider's settings. */
  settings: ({ server, body }) => {
    server.alter(body);
    return undefined;
  },
  serial: ({ server, body }) => {
    const { disk, serial } = serialSchema.parse(body);
    server.swapSerial(disk, serial);
    return undefined;
  },
  'old-system': ({ server, body }) => server.insertOldSystem(diskSchema.parse(body).disk),
};

const diskSchema = z.strictObject({ disk: z.number().int().min(0).default(0) });
const serialSchema = z.strictObject({
  ...diskSchema.shape,
  serial: z.string().regex(/^[A-Za-z0-9-]{1,36}$/),
});

/**
 * Serves the lab's own API, for tests and `ironstep lab`: what a technician, a power station and
 * a person at the provider's panel could do, and what an observer would like to see.
 */
export function startControlApi(options: ControlOptions): Promise<Listening> {
  const server = createServer((request, response) => {
    void handle(options, request, response);
  });
  return listen(server, options.port);
}

async function handle(
  options: ControlOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  let status = 200;
  let result: unknown;
  try {
    result = await answer(options, request, await readBody(request));
  } catch (error) {
    status = 400;
    result = { message: error instanceof Error ? error.message : String(error) };
  }
  response.writeHead(status, { 'Content-Type': 'application/json' });
  response.end(JSON.stringify(result ?? null));
}

async function answer(
  options: ControlOptions,
  request: IncomingMessage,
  body: unknown,
): Promise<unknown> {
  const { field, faults, journal } = options;
  const [what = '', name = '', verb = ''] = (request.url ?? '').slice(1).split('/');
  const call = `${request.method} /${what}`;
  if (call === 'GET /status') {
    const servers = await Promise.all(field.servers.map((server) => server.show()));
    return { pid: process.pid, acceleration: options.acceleration, servers };
  }
  if (call === 'GET /journal') return journal.read();
  if (call === 'GET /faults') return faults.list();
  if (call === 'POST /faults') return faults.arm(scenarioSchema.parse(body).faults);
  if (call === 'DELETE /faults') return faults.clear();
  if (call === 'POST /down') {
    setImmediate(options.onDown);
    return null;
  }
  const server = field.byName(name);
  if (what !== 'servers' || server === undefined) throw new Error(`no ${request.url} in the lab`);
  if (request.method === 'GET' && verb === '') return server.show();
  const act = Object.hasOwn(verbs, verb) ? verbs[verb] : undefined;
  if (request.method !== 'POST' || act === undefined) {
    throw new Error(`a server knows ${Object.keys(verbs).join(', ')}, not ${verb}`);
  }
  await act({ options, server, body });
  return server.show();
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString('utf8');
  return text === '' ? {} : JSON.parse(text);
}
