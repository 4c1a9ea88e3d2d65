import { z } from 'zod';

import { badRequest, noSuchObject } from './errors.ts';
import type { Netboot } from './netboots.ts';

const text = z.string().nullable();

/** What PUT /dedicated/server/{serviceName} can change; the rest of the object is read-only. */
export const settingsSchema = z.strictObject({
  bootId: z.number().int().nullable(),
  bootScript: text,
  efiBootloaderPath: text,
  monitoring: z.boolean(),
  noIntervention: z.boolean(),
  rescueMail: text,
  rescueSshKey: text,
  rootDevice: text,
  state: z.enum(['error', 'hacked', 'hackedBlocked', 'ok']),
});

export type Settings = z.output<typeof settingsSchema>;

/** A server as OVH delivers it: watched, booting from disk. */
export const deliveredSettings: Settings = {
  bootId: 1,
  bootScript: null,
  efiBootloaderPath: null,
  monitoring: true,
  noIntervention: false,
  rescueMail: null,
  rescueSshKey: null,
  rootDevice: null,
  state: 'ok',
};

/**
 * The settings after a PUT: only what the body names changes. Throws OvhRefusal for a field that
 * is not writable, a value of another type, a netboot that is not offered, and a key that is not
 * a raw public key (a key's name was answered 400 by the real API).
 */
export function alteredSettings(before: Settings, body: unknown, netboots: Netboot[]): Settings {
  const change = settingsSchema.partial().safeParse(body);
  if (!change.success) {
    const [issue] = change.error.issues;
    throw badRequest(`Invalid parameter ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`);
  }
  const { bootId, rescueSshKey } = change.data;
  if (typeof bootId === 'number' && !netboots.some((netboot) => netboot.bootId === bootId)) {
    throw noSuchObject('bootId', bootId);
  }
  if (typeof rescueSshKey === 'string' && !isPublicKey(rescueSshKey)) {
    throw badRequest('SSH key is not valid');
  }
  return { ...before, ...change.data };
}

const keyTypes = new Set([
  'ssh-rsa',
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
]);

/** One line of an RSA, ECDSA or ED25519 public key, whose blob names the same type. */
function isPublicKey(value: string): boolean {
  const match = /^(\S+) ([A-Za-z0-9+/]+={0,2})(?: [^\r\n]*)?$/.exec(value);
  const [, type = '', base64 = ''] = match ?? [];
  const blob = Buffer.from(base64, 'base64');
  if (!keyTypes.has(type) || blob.length < 4) return false;
  const length = blob.readUInt32BE(0);
  return blob.length > 4 + length && blob.subarray(4, 4 + length).toString('latin1') === type;
}
