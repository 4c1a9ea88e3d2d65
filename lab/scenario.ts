import { z } from 'zod';

import { keyRefusals } from './ovh/errors.ts';
import { readIfThere, writeState } from './state-file.ts';

/** When a fault happens: how many occasions pass before it, and how often it happens then. */
const when = {
  /** Only for this server, by its name in the lab. */
  server: z.string().optional(),
  /** So many occasions go well first. */
  skip: z.number().int().min(0).default(0),
  /** Then it happens so many times; null is for ever. */
  times: z.number().int().min(1).nullable().default(1),
};

const errorCodes = Object.keys(keyRefusals) as (keyof typeof keyRefusals)[];

/** Matches a call: the method, and a path in which `*` stands for one part. */
const ofCall = {
  method: z.enum(['GET', 'PUT', 'POST']).optional(),
  path: z.string().startsWith('/').optional(),
};

/**
 * One fault. To add one: an entry here, and a `faults.strike(kind, …)` at the place in the lab
 * where it happens.
 */
export const faultSchema = z.discriminatedUnion('kind', [
  /** The account's key is refused (revoked, expired, wrong). */
  z.strictObject({ kind: z.literal('key-refused'), errorCode: z.enum(errorCodes), ...when }),
  /** A call is answered 460, 500 or 503, and not carried out. */
  z.strictObject({
    kind: z.literal('call-fails'),
    /** 460: OVH's word for a service that has expired. */
    status: z.union([z.literal(460), z.literal(500), z.literal(503)]).default(500),
    /** What the answer holds: OVH's JSON, a proxy's page, or nothing. */
    body: z.enum(['json', 'html', 'empty']).default('json'),
    ...ofCall,
    ...when,
  }),
  /** A call is carried out, and the connection breaks before the answer. */
  z.strictObject({ kind: z.literal('answer-lost'), ...ofCall, ...when }),
  /** A task is not found although it exists: its region has not heard of it yet. */
  z.strictObject({ kind: z.literal('task-not-found'), ...when }),
  /** A reboot is answered with task 0, which does not exist, and is carried out (F4). */
  z.strictObject({ kind: z.literal('task-without-id'), ...when }),
  /** A task ends badly, and the machine was not reset (F5). */
  z.strictObject({
    kind: z.literal('task-fails'),
    status: z.enum(['ovhError', 'customerError', 'cancelled']).default('ovhError'),
    comment: z.string().nullable().default(null),
    ...when,
  }),
  /** A task stays `doing` although the machine was reset, for as long as this is armed (F5). */
  z.strictObject({ kind: z.literal('task-stuck'), ...when }),
  /** The machine does not find its netboot, and boots its disk instead (F6). */
  z.strictObject({ kind: z.literal('netboot-missed'), ...when }),
  /** The only rescue netboot is ipxe-shell (F7). */
  z.strictObject({ kind: z.literal('no-rescue-netboot'), ...when }),
  /** A PUT is answered well, and changes nothing (F11). */
  z.strictObject({ kind: z.literal('put-ignored'), ...when }),
  /** The rescue key is refused: "SSH key is not valid" (F12). */
  z.strictObject({ kind: z.literal('rescue-key-refused'), ...when }),
  /** The secret that is offered is not that of this rescue boot (F10). */
  z.strictObject({ kind: z.literal('secret-of-another'), ...when }),
  /** The contract or the server is blocked (F14). */
  z.strictObject({
    kind: z.literal('service-blocked'),
    status: z.enum(['ok', 'expired', 'unPaid']).default('expired'),
    state: z.enum(['ok', 'hackedBlocked']).default('ok'),
    ...when,
  }),
  /** An answer has a field and a word that OVH's own description does not know (F15). */
  z.strictObject({ kind: z.literal('answer-of-tomorrow'), ...ofCall, ...when }),
  /** The machine is reset into rescue and stays silent, whatever the task says. */
  z.strictObject({ kind: z.literal('rescue-hangs'), ...when }),
]);

/** What a scenario file or a test gives: which fault happens when. */
export const scenarioSchema = z.strictObject({ faults: z.array(faultSchema) });

export type Fault = z.output<typeof faultSchema>;
export type FaultInput = z.input<typeof faultSchema>;
type Armed = { fault: Fault; occasions: number };

const armedSchema = z.array(
  z.strictObject({ fault: faultSchema, occasions: z.number().int().min(0) }),
);

/** What a place in the lab knows of the occasion. */
export type Occasion = { server?: string | undefined; method?: string; path?: string };

/** The faults that are armed, with how often each had its occasion. Kept in a file. */
export class Faults {
  readonly #file: string;
  #armed: Armed[];

  constructor(file: string) {
    this.#file = file;
    const text = readIfThere(file);
    this.#armed = text === null ? [] : armedSchema.parse(JSON.parse(text));
  }

  /** Adds to what is armed. */
  arm(faults: Fault[]): void {
    this.#save([...this.#armed, ...faults.map((fault) => ({ fault, occasions: 0 }))]);
  }

  clear(): void {
    this.#save([]);
  }

  list(): Armed[] {
    return structuredClone(this.#armed);
  }

  /** Is it time for a fault of this kind? Every armed one that fits counts the occasion. */
  strike<K extends Fault['kind']>(kind: K, at: Occasion): Extract<Fault, { kind: K }> | null {
    const fitting = this.#armed.filter(({ fault }) => fault.kind === kind && fits(fault, at));
    if (fitting.length === 0) return null;
    const due = fitting.find(isDue);
    for (const armed of fitting) armed.occasions += 1;
    this.#save(this.#armed);
    return (due?.fault as Extract<Fault, { kind: K }> | undefined) ?? null;
  }

  #save(armed: Armed[]): void {
    this.#armed = armed;
    writeState(this.#file, armed);
  }
}

function isDue({ fault, occasions }: Armed): boolean {
  const happened = occasions - fault.skip;
  return happened >= 0 && (fault.times === null || happened < fault.times);
}

function fits(fault: Fault, at: Occasion): boolean {
  if (fault.server !== undefined && fault.server !== at.server) return false;
  if (!('method' in fault || 'path' in fault)) return true;
  if (fault.method !== undefined && fault.method !== at.method) return false;
  return fault.path === undefined || pathFits(fault.path, at.path ?? '');
}

function pathFits(pattern: string, path: string): boolean {
  const [wanted, found] = [pattern.split('/'), path.split('/')];
  if (wanted.length !== found.length) return false;
  return wanted.every((part, index) => part === '*' || part === found[index]);
}
