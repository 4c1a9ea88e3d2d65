import { createHash, randomBytes } from 'node:crypto';

import { createFileOnce } from '../durable-file.ts';
import { rememberSecret } from '../secrets/known-secrets.ts';
import { readPrivateFile } from '../secrets/private-file.ts';
import { configFolder } from '../xdg.ts';

const keyBytes = 32;

/** A key of AES-256-GCM, and the short name by which encrypted payloads refer to it. */
export type PayloadKey = { id: string; bytes: Buffer };

/** The key that encrypts, then older ones that only decrypt. */
export type PayloadKeys = readonly [current: PayloadKey, ...older: PayloadKey[]];

/**
 * The file of the payload keys is not what ironstep wrote. A person must bring the right one.
 *
 * @where command line, worker
 * @changed Nothing.
 * @remedy Bring the file back from a backup, or from another machine of the team. Remove it only
 *   if no run matters that was encrypted with it.
 * @example
 * /etc/ironstep/payload.key is empty. Bring the file back from a backup or from another \
 * machine of the team: without it the runs in Temporal cannot be read. Only when no run \
 * matters, remove it, and a new one is made.
 */
export class PayloadKeyDamaged extends Error {
  override name = 'PayloadKeyDamaged';
}

/**
 * The keys that encrypt what Temporal stores, one line of base64 each: the first encrypts, all
 * decrypt, so a new first line rotates. Made at first use; processes that start together agree on
 * one. Everybody who talks to the same Temporal shares this file. Throws FileTooOpen when others
 * may read it and PayloadKeyDamaged when a line is not 32 bytes of base64.
 */
export async function loadPayloadKeys(
  path: string = configFolder('payload.key'),
): Promise<PayloadKeys> {
  const found = await readIfThere(path);
  if (found !== null) return parseKeys(path, found);
  await createFileOnce(path, `${randomBytes(keyBytes).toString('base64')}\n`);
  return parseKeys(path, await readPrivateFile(path));
}

/** Names a key without telling anything about it: the first 8 hex digits of its sha256. */
export function payloadKey(bytes: Buffer): PayloadKey {
  return { id: createHash('sha256').update(bytes).digest('hex').slice(0, 8), bytes };
}

async function readIfThere(path: string): Promise<Buffer | null> {
  try {
    return await readPrivateFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

function parseKeys(path: string, content: Buffer): PayloadKeys {
  const lines = content.toString('utf8').split('\n').map(trimmed).filter(Boolean);
  const [current, ...older] = lines.map((line, index) => parseKey(path, line, index + 1));
  if (current === undefined) {
    throw new PayloadKeyDamaged(`${path} is empty. ${bringBack}`);
  }
  return [current, ...older];
}

function parseKey(path: string, line: string, number: number): PayloadKey {
  const bytes = Buffer.from(line, 'base64');
  if (bytes.length !== keyBytes || bytes.toString('base64') !== line) {
    throw new PayloadKeyDamaged(
      `${path}: key ${number} is not ${keyBytes} bytes of base64. ${bringBack}`,
    );
  }
  rememberSecret(bytes);
  return payloadKey(bytes);
}

function trimmed(line: string): string {
  return line.trim();
}

const bringBack =
  'Bring the file back from a backup or from another machine of the team: without it the runs ' +
  'in Temporal cannot be read. Only when no run matters, remove it, and a new one is made.';
