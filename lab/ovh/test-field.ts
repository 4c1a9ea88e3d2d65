import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Field } from '../field.ts';
import { Journal } from '../journal.ts';
import { newKeys, parseServers, planServers } from '../lab-config.ts';
import type { LabConfig } from '../lab-config.ts';
import { Faults, scenarioSchema } from '../scenario.ts';
import type { FaultInput } from '../scenario.ts';
import { startOvhApi } from './http-server.ts';
import { expectedSignature } from './signature.ts';

/** The API over a field without machines, whose clock a test moves. */
export type TestField = AsyncDisposable & {
  url: string;
  field: Field;
  journal: Journal;
  keys: LabConfig['keys'];
  service: string;
  /** Lets time pass, 100 ms at a time, and waits for the resets that became due. */
  pass: (durationMs: number) => Promise<void>;
  arm: (...faults: FaultInput[]) => void;
  /** A signed call, as a client sends it; `change` spoils its headers. */
  call: (method: string, path: string, body?: object, change?: Headers) => Promise<Answer>;
};

type Headers = Record<string, string>;
export type Answer = { status: number; json: unknown; headers: globalThis.Headers };

export async function startTestField(servers = 'core1:KS-2a'): Promise<TestField> {
  const folder = mkdtempSync(join(tmpdir(), 'ironstep-field-'));
  const config: LabConfig = {
    ports: { api: 1, images: 1, control: 1 },
    keys: newKeys(),
    bootIdShift: 0,
    servers: planServers(parseServers(servers), '127.0.78', () => 22),
    images: null,
  };
  let nowMs = Date.now();
  const now = () => nowMs;
  const faults = new Faults(join(folder, 'faults.json'));
  const log = () => undefined;
  const field = new Field({ folder, config, acceleration: 'tcg', faults, log, now });
  await field.resume();
  const journal = new Journal(join(folder, 'journal.jsonl'));
  const { keys } = config;
  const api = await startOvhApi({ field, faults, journal, keys, port: 0 });
  return {
    ...{ url: `${api.url}/1.0`, field, journal, keys },
    service: config.servers[0]?.service ?? '',
    pass: async (durationMs) => {
      for (const untilMs = nowMs + durationMs; nowMs < untilMs; nowMs += 100) {
        field.tick();
        await Promise.all(field.servers.map((server) => server.idle()));
      }
      field.tick();
    },
    arm: (...list) => faults.arm(scenarioSchema.parse({ faults: list }).faults),
    call: (method, path, body, change) =>
      signedCall({ keys, url: `${api.url}/1.0${path}`, nowMs }, method, body, change),
    [Symbol.asyncDispose]: async () => {
      await api.close();
      rmSync(folder, { recursive: true });
    },
  };
}

async function signedCall(
  { keys, url, nowMs }: { keys: LabConfig['keys']; url: string; nowMs: number },
  method: string,
  body: object | undefined,
  change: Headers = {},
): Promise<Answer> {
  const text = body === undefined ? '' : JSON.stringify(body);
  const timestamp = change['X-Ovh-Timestamp'] ?? String(Math.floor(nowMs / 1000));
  const headers: Headers = {
    'X-Ovh-Application': keys.applicationKey,
    'X-Ovh-Consumer': keys.consumerKey,
    'X-Ovh-Timestamp': timestamp,
    'X-Ovh-Signature': expectedSignature(keys, { method, url, body: text, timestamp }),
    ...change,
  };
  const response = await fetch(url, { method, headers, body: text === '' ? null : text });
  return { status: response.status, json: await response.json(), headers: response.headers };
}
