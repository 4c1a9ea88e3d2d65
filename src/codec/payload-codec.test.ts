import { randomBytes } from 'node:crypto';

import type { Payload } from '@temporalio/common';
import fc from 'fast-check';
import { expect, test } from 'vitest';

import { EncryptingCodec } from './payload-codec.ts';
import { payloadKey } from './payload-key.ts';

const key = payloadKey(randomBytes(32));
const otherKey = payloadKey(randomBytes(32));
const codec = new EncryptingCodec([key]);
const canary = 'canary-7f2d4c';
const plain = jsonPayload({ note: canary });

function jsonPayload(value: unknown): Payload {
  return {
    metadata: { encoding: Buffer.from('json/plain') },
    data: Buffer.from(JSON.stringify(value)),
  };
}

async function encodeOne(payload: Payload, by = codec): Promise<Payload> {
  const [encoded] = await by.encode([payload]);
  if (encoded === undefined) throw new Error('nothing was encoded');
  return encoded;
}

test('whatever goes in comes out', async () => {
  const bytes = fc.uint8Array({ maxLength: 5_000 });
  await fc.assert(
    fc.asyncProperty(bytes, fc.dictionary(fc.string(), bytes), async (data, metadata) => {
      const encoded = await encodeOne({ data, metadata });
      const [decoded] = await codec.decode([encoded]);
      expect(Buffer.from(decoded?.data ?? [])).toEqual(Buffer.from(data));
      expect(Object.keys(decoded?.metadata ?? {})).toEqual(Object.keys(metadata));
      for (const [name, value] of Object.entries(metadata)) {
        expect(Buffer.from(decoded?.metadata?.[name] ?? [])).toEqual(Buffer.from(value));
      }
    }),
    { numRuns: 50 },
  );
});

test('the SDK gives an empty array for the bytes of `void`: that comes out without any', async () => {
  const data = [] as unknown as Uint8Array;
  const encoded = await encodeOne({ metadata: { encoding: Buffer.from('binary/null') }, data });
  const [decoded] = await codec.decode([encoded]);
  expect(decoded?.data).toHaveLength(0);
});

test('the plain text is not in what Temporal gets, and no two encodings are alike', async () => {
  const first = await encodeOne(plain);
  const second = await encodeOne(plain);
  expect(Buffer.from(first.data ?? []).includes(canary)).toBe(false);
  expect(first.data).not.toEqual(second.data);
});

test('what repeats itself gets smaller', async () => {
  const long = jsonPayload('the same line again\n'.repeat(5_000));
  const encoded = await encodeOne(long);
  expect(encoded.data?.length).toBeLessThan((long.data?.length ?? 0) / 50);
});

test('payloads of others pass unchanged, also among ours', async () => {
  const ours = await encodeOne(plain);
  const [first, second, third] = await codec.decode([plain, ours, {}]);
  expect(first).toBe(plain);
  expect(Buffer.from(second?.data ?? []).toString()).toContain(canary);
  expect(third).toEqual({});
});

test('a payload that was changed anywhere does not open', async () => {
  const encoded = await encodeOne(plain);
  const data = Buffer.from(encoded.data ?? []);
  for (let index = 0; index < data.length; index += 1) {
    const changed = Buffer.from(data);
    changed.writeUInt8(changed.readUInt8(index) ^ 1, index);
    await expect(codec.decode([{ ...encoded, data: changed }])).rejects.toMatchObject({
      name: 'PayloadTampered',
    });
  }
  for (const length of [0, 11, 27, data.length - 1]) {
    const cut = { ...encoded, data: data.subarray(0, length) };
    await expect(codec.decode([cut])).rejects.toMatchObject({ name: 'PayloadTampered' });
  }
});

test('a payload of one key does not pass for one of another', async () => {
  const both = new EncryptingCodec([key, otherKey]);
  const encoded = await encodeOne(plain);
  const renamed = {
    ...encoded,
    metadata: { ...encoded.metadata, 'encryption-key-id': Buffer.from(otherKey.id) },
  };
  await expect(both.decode([renamed])).rejects.toMatchObject({ name: 'PayloadTampered' });
});

test('a missing key is named, with what to do', async () => {
  const encoded = await encodeOne(plain);
  const decoding = new EncryptingCodec([otherKey]).decode([encoded]);
  await expect(decoding).rejects.toThrow(`payload key ${key.id}; here is ${otherKey.id}`);
});

test('after a rotation the old payloads still open', async () => {
  const encoded = await encodeOne(plain);
  const [decoded] = await new EncryptingCodec([otherKey, key]).decode([encoded]);
  expect(Buffer.from(decoded?.data ?? []).toString()).toContain(canary);
});
