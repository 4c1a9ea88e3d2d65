import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';

import type { PayloadCodec } from '@temporalio/common';

import { payloadFromJson, payloadToJson } from './payload-envelope.ts';
import type { JsonPayload } from './payload-envelope.ts';

/** Temporal sends one message at a time, of 4 MB at most; base64 adds a third. */
const bodyBytesMax = 16 * 1024 * 1024;
const loopbackNames = new Set(['127.0.0.1', 'localhost']);

type CodecServerOptions = {
  codec: PayloadCodec;
  /** The pages that may ask, as the browser writes them: `http://127.0.0.1:8233`. */
  uiOrigins: readonly string[];
};

type Answer = { status: number; body?: object };

/**
 * The codec server of the Temporal UI and CLI: POST /decode and /encode, GET /health. It shows
 * plain text to whoever reaches it, so bind it to loopback only. Pages of other origins are
 * refused, and so are names that a foreign DNS server points at this machine.
 */
export function createCodecServer({ codec, uiOrigins }: CodecServerOptions): Server {
  return createServer((request, response) => {
    const origin = request.headers.origin;
    if (origin !== undefined && uiOrigins.includes(origin)) allow(response, origin);
    answer(request, codec, uiOrigins)
      .catch((error: Error) => ({ status: 400, body: { message: error.message } }))
      .then((result) => send(response, result))
      .catch(() => response.destroy());
  });
}

async function answer(
  request: IncomingMessage,
  codec: PayloadCodec,
  uiOrigins: readonly string[],
): Promise<Answer> {
  const { origin, host } = request.headers;
  if (!loopbackNames.has((host ?? '').replace(/:\d+$/, ''))) {
    return { status: 403, body: { message: `This server answers on loopback, not as ${host}.` } };
  }
  if (origin !== undefined && !uiOrigins.includes(origin)) {
    return { status: 403, body: { message: `Pages of ${origin} may not ask.` } };
  }
  const { pathname } = new URL(request.url ?? '/', 'http://localhost');
  if (request.method === 'OPTIONS') return { status: 204 };
  if (pathname === '/health') return { status: 200, body: { ok: true } };
  if (request.method !== 'POST') return { status: 404, body: { message: 'POST /decode' } };
  const payloads = await readPayloads(request);
  switch (pathname) {
    case '/decode':
      return { status: 200, body: { payloads: (await codec.decode(payloads)).map(payloadToJson) } };
    case '/encode':
      return { status: 200, body: { payloads: (await codec.encode(payloads)).map(payloadToJson) } };
    default:
      return { status: 404, body: { message: 'POST /decode or /encode' } };
  }
}

/** The CLI sends a body without `payloads` for a query without arguments. */
async function readPayloads(request: IncomingMessage): ReturnType<PayloadCodec['decode']> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > bodyBytesMax) throw new Error(`The body is larger than ${bodyBytesMax} bytes.`);
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks).toString('utf8');
  const body = (text === '' ? {} : JSON.parse(text)) as { payloads?: JsonPayload[] | null } | null;
  return (body?.payloads ?? []).map(payloadFromJson);
}

function allow(response: ServerResponse, origin: string): void {
  response.setHeader('access-control-allow-origin', origin);
  response.setHeader('access-control-allow-methods', 'POST, GET, OPTIONS');
  response.setHeader('access-control-allow-headers', 'content-type, x-namespace, authorization');
  response.setHeader('vary', 'origin');
}

function send(response: ServerResponse, { status, body }: Answer): void {
  response.writeHead(status, body === undefined ? {} : { 'content-type': 'application/json' });
  response.end(body === undefined ? undefined : JSON.stringify(body));
}
