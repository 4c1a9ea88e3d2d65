import { randomBytes, randomUUID } from 'node:crypto';

import { z } from 'zod';

import { deliveredSettings, settingsSchema } from './ovh/server-state.ts';
import { taskSchema } from './ovh/tasks.ts';

export const bootSchema = z.strictObject({
  number: z.number().int().min(1),
  target: z.enum(['disk', 'rescue', 'ipxe', 'off']),
  /** What reset or powered the machine: `task 8123`, `guest-reset`, `control`, `delivery`. */
  cause: z.string(),
  atMs: z.number(),
  /** QEMU was started for it. */
  started: z.boolean(),
  /** From power or reset to the SSH banner; null while (or when) none was seen. */
  bannerAfterMs: z.number().nullable(),
  /** What the guest wrote to its disks in this boot, as far as it was last read. */
  writtenBytes: z.number(),
});

/** A technician who was sent to a server. */
const visitSchema = z.strictObject({
  id: z.number().int().min(1),
  why: z.string(),
  sentAtMs: z.number(),
  /** The machine was reset into rescue by hand; null: nobody has been there yet. */
  rescueAtMs: z.number().nullable(),
  leftAtMs: z.number().nullable(),
});

export const recordSchema = z.strictObject({
  settings: settingsSchema,
  tasks: z.array(taskSchema),
  power: z.enum(['on', 'off']),
  boots: z.array(bootSchema),
  /** Serial numbers of disks that were replaced, by index. */
  swappedSerials: z.record(z.string(), z.string()),
  visits: z.array(visitSchema).default([]),
  /** Root's password of this rescue boot, when it was booted without a key. */
  rescueSecret: z.strictObject({ id: z.string(), password: z.string() }).nullable(),
});

/** All that the lab keeps of one server, in its state.json. */
export type ServerRecord = z.output<typeof recordSchema>;
export type Visit = z.output<typeof visitSchema>;
/** One boot of a machine. */
export type Boot = z.output<typeof bootSchema>;

/** A server as it is delivered: off, empty, watched. */
export function newRecord(): ServerRecord {
  return {
    settings: deliveredSettings,
    tasks: [],
    power: 'off',
    boots: [],
    swappedSerials: {},
    visits: [],
    rescueSecret: null,
  };
}

/** A new password of root, and the id under which it is retrieved. */
export function newSecret(): ServerRecord['rescueSecret'] {
  return { id: randomUUID(), password: randomBytes(9).toString('base64url') };
}
