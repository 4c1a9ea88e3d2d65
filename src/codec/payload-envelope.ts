import type { Payload } from '@temporalio/common';

/** A payload as Temporal writes it in JSON: bytes as base64. */
export type JsonPayload = { metadata?: Record<string, string> | null; data?: string | null };

const lengthBytes = 4;

/** One payload as bytes: `length of the metadata, 4 bytes | metadata as JSON | data`. */
export function packPayload(payload: Payload): Buffer {
  const header = Buffer.from(JSON.stringify(metadataToJson(payload.metadata)));
  const length = Buffer.alloc(lengthBytes);
  length.writeUInt32BE(header.length);
  // A `void` result arrives with an empty array in place of bytes.
  return Buffer.concat([length, header, Uint8Array.from(payload.data ?? [])]);
}

/** The payload that packPayload made these bytes of. */
export function unpackPayload(packed: Buffer): Payload {
  const dataStart = lengthBytes + packed.readUInt32BE();
  const header: unknown = JSON.parse(packed.toString('utf8', lengthBytes, dataStart));
  const metadata = metadataFromJson(header as Record<string, string>);
  return { metadata, data: packed.subarray(dataStart) };
}

/** A payload as Temporal writes it in JSON. */
export function payloadToJson(payload: Payload): JsonPayload {
  return {
    metadata: metadataToJson(payload.metadata),
    data: Buffer.from(payload.data ?? []).toString('base64'),
  };
}

/** A payload as Temporal wrote it in JSON; what is absent stays empty. */
export function payloadFromJson(json: JsonPayload): Payload {
  return {
    metadata: metadataFromJson(json.metadata ?? {}),
    data: Buffer.from(json.data ?? '', 'base64'),
  };
}

function metadataToJson(metadata: Payload['metadata']): Record<string, string> {
  const entries = Object.entries(metadata ?? {});
  return Object.fromEntries(
    entries.map(([name, value]) => [name, Buffer.from(value).toString('base64')]),
  );
}

function metadataFromJson(metadata: Record<string, string>): Record<string, Uint8Array> {
  const entries = Object.entries(metadata);
  return Object.fromEntries(entries.map(([name, value]) => [name, Buffer.from(value, 'base64')]));
}
