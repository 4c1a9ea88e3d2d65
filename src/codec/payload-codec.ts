import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';

import type { Payload, PayloadCodec } from '@temporalio/common';

import type { PayloadKey, PayloadKeys } from './payload-key.ts';
import { packPayload, unpackPayload } from './payload-envelope.ts';

/** The name that Temporal's own encryption samples use, so that tools recognise it. */
const encryptedEncoding = Buffer.from('binary/encrypted');
const ivBytes = 12;
const tagBytes = 16;
/** Far above Temporal's limit of 2 MB a payload; it bounds what a bad gzip stream unfolds to. */
const unpackedBytesMax = 64 * 1024 * 1024;
const marks = { plain: 0, gzip: 1 } as const;

/**
 * A payload was encrypted with a key that is not here. A person must add that key.
 *
 * @where command line, worker
 * @changed Nothing. What is encrypted stays as it is.
 * @remedy Copy the line of that key from the machine that has it into payload.key here, below the
 *   first line.
 * @example
 * This was encrypted with payload key 1a2b3c4d; here is 5e6f7a8b. Add the line of that key to \
 * payload.key, below the first.
 */
export class PayloadKeyUnknown extends Error {
  override name = 'PayloadKeyUnknown';
}

/**
 * A payload names one of our keys and does not open with it: it was changed on its way.
 *
 * @where command line, worker
 * @changed Nothing was believed and nothing was changed.
 * @remedy Find out who changes the payloads between here and Temporal (a proxy, another codec).
 *   Take a new run; do not trust this one.
 * @example
 * A payload encrypted with key 1a2b3c4d does not open: it was damaged or changed.
 */
export class PayloadTampered extends Error {
  override name = 'PayloadTampered';
}

/**
 * Encrypts every payload with the current key: AES-256-GCM, `iv 12 | ciphertext | tag 16`, the
 * key's id as additional data. What gets smaller by gzip is compressed first. Decoding leaves
 * alone what this codec did not encode, so that plain payloads of other tools stay readable.
 * Throws PayloadKeyUnknown and PayloadTampered.
 */
export class EncryptingCodec implements PayloadCodec {
  readonly #current: PayloadKey;
  readonly #byId: ReadonlyMap<string, PayloadKey>;

  constructor(keys: PayloadKeys) {
    this.#current = keys[0];
    this.#byId = new Map(keys.map((key) => [key.id, key]));
  }

  async encode(payloads: Payload[]): Promise<Payload[]> {
    return payloads.map((payload) => encrypt(payload, this.#current));
  }

  async decode(payloads: Payload[]): Promise<Payload[]> {
    return payloads.map((payload) => this.#decrypt(payload));
  }

  #decrypt(payload: Payload): Payload {
    const { encoding, 'encryption-key-id': keyId } = payload.metadata ?? {};
    if (!encoding || !encryptedEncoding.equals(encoding)) return payload;
    const id = Buffer.from(keyId ?? []).toString('utf8');
    const key = this.#byId.get(id);
    if (key === undefined) {
      const known = [...this.#byId.keys()].join(', ');
      throw new PayloadKeyUnknown(
        `This was encrypted with payload key ${id || '(unnamed)'}; here is ${known}. ` +
          `Add the line of that key to payload.key, below the first.`,
      );
    }
    return decrypt(payload.data ?? new Uint8Array(), key);
  }
}

function encrypt(payload: Payload, key: PayloadKey): Payload {
  const packed = packPayload(payload);
  const zipped = gzipSync(packed);
  const [mark, body] = zipped.length < packed.length ? [marks.gzip, zipped] : [marks.plain, packed];
  const iv = randomBytes(ivBytes);
  const cipher = createCipheriv('aes-256-gcm', key.bytes, iv).setAAD(Buffer.from(key.id));
  const sealed = [cipher.update(Buffer.of(mark)), cipher.update(body), cipher.final()];
  return {
    metadata: { encoding: encryptedEncoding, 'encryption-key-id': Buffer.from(key.id) },
    data: Buffer.concat([iv, ...sealed, cipher.getAuthTag()]),
  };
}

function decrypt(data: Uint8Array, key: PayloadKey): Payload {
  const opened = open(Buffer.from(data), key);
  const body = opened.subarray(1);
  const packed =
    opened[0] === marks.gzip ? gunzipSync(body, { maxOutputLength: unpackedBytesMax }) : body;
  return unpackPayload(packed);
}

function open(data: Buffer, key: PayloadKey): Buffer {
  const tagStart = data.length - tagBytes;
  try {
    const decipher = createDecipheriv('aes-256-gcm', key.bytes, data.subarray(0, ivBytes), {
      authTagLength: tagBytes,
    });
    decipher.setAAD(Buffer.from(key.id)).setAuthTag(data.subarray(tagStart));
    return Buffer.concat([decipher.update(data.subarray(ivBytes, tagStart)), decipher.final()]);
  } catch (error) {
    throw new PayloadTampered(
      `A payload encrypted with key ${key.id} does not open: it was damaged or changed.`,
      { cause: error },
    );
  }
}
