import { createServer } from 'node:http';
import type { IncomingMessage, OutgoingHttpHeaders, Server, ServerResponse } from 'node:http';

import type { Payload, PayloadCodec } from '@temporalio/common';

import { loginPage, noSessionCookie, pageHeaders, sessionCookie, whoAsks } from './codec-login.ts';
import type { CodecTeam } from './codec-login.ts';
import { payloadFromJson, payloadToJson } from './payload-envelope.ts';
import type { JsonPayload } from './payload-envelope.ts';

/** Temporal sends one message at a time, of 4 MB at most; base64 adds a third. */
const bodyBytesMax = 16 * 1024 * 1024;
const loopbackNames = ['127.0.0.1', 'localhost'];

type CodecServerOptions = {
  codec: PayloadCodec;
  /** The pages that may ask, as the browser writes them: `http://127.0.0.1:8233`. */
  uiOrigins: readonly string[];
  /** Only people who say who they are are answered; without it, everybody who reaches us. */
  team?: CodecTeam;
};

type Answer = { status: number; body?: object | string; headers?: OutgoingHttpHeaders };

/**
 * The codec server of the Temporal UI and CLI: POST /decode and /encode, GET /health. It shows
 * plain text to whoever it answers, so without a `team` bind it to loopback only. Pages of other
 * origins are refused, and so are names that a foreign DNS server points at this machine. With a
 * `team`, GET / and POST /login are where a person logs in.
 */
export function createCodecServer(options: CodecServerOptions): Server {
  return createServer((request, response) => {
    const { origin } = request.headers;
    if (origin !== undefined && options.uiOrigins.includes(origin)) {
      allow(response, origin, options.team !== undefined);
    }
    answer(request, options)
      .catch((error: Error) => refusal(400, error.message))
      .then((result) => send(response, result))
      .catch(() => response.destroy());
  });
}

async function answer(request: IncomingMessage, options: CodecServerOptions): Promise<Answer> {
  const { uiOrigins, team } = options;
  const { origin, host } = request.headers;
  const names = team === undefined ? loopbackNames : [...loopbackNames, team.publicUrl.hostname];
  if (!names.includes((host ?? '').replace(/:\d+$/, ''))) {
    return refusal(403, `This server answers as ${names.join(' or ')}, not as ${host}.`);
  }
  if (origin !== undefined && ![...uiOrigins, team?.publicUrl.origin].includes(origin)) {
    return refusal(403, `Pages of ${origin} may not ask.`);
  }
  const { pathname } = new URL(request.url ?? '/', 'http://localhost');
  if (request.method === 'OPTIONS') return { status: 204 };
  if (pathname === '/health') return { status: 200, body: { ok: true } };
  if (team === undefined) return convert(request, pathname, options.codec);
  const person = await whoAsks(request, team);
  const page = await loginPages(request, pathname, { team, person });
  if (page !== null) return page;
  if (person !== null) return convert(request, pathname, options.codec);
  return refusal(401, `Log in at ${team.publicUrl.origin}/, or send your token as a bearer token.`);
}

async function convert(
  request: IncomingMessage,
  pathname: string,
  codec: PayloadCodec,
): Promise<Answer> {
  const conversions: Record<string, (payloads: Payload[]) => Promise<Payload[]>> = {
    '/decode': (payloads) => codec.decode(payloads),
    '/encode': (payloads) => codec.encode(payloads),
  };
  const conversion = conversions[pathname];
  if (request.method !== 'POST' || conversion === undefined) {
    return refusal(404, 'POST /decode or /encode');
  }
  const payloads = await conversion(await readPayloads(request));
  return { status: 200, body: { payloads: payloads.map(payloadToJson) } };
}

/** Where a person logs in and out; null when the request is about something else. */
async function loginPages(
  request: IncomingMessage,
  pathname: string,
  { team, person }: { team: CodecTeam; person: string | null },
): Promise<Answer | null> {
  switch (`${request.method} ${pathname}`) {
    case 'GET /':
      return page(200, loginPage(person));
    case 'POST /login': {
      const token = new URLSearchParams(await readText(request)).get('token') ?? '';
      const session = await team.access.openSession(token.trim());
      if (session === null) return page(401, loginPage(null, "That is nobody's token."));
      return toLogin(sessionCookie(session, team));
    }
    case 'POST /logout':
      return toLogin(noSessionCookie);
    default:
      return null;
  }
}

function page(status: number, body: string): Answer {
  return { status, body, headers: pageHeaders };
}

function toLogin(cookie: string): Answer {
  return { status: 303, headers: { location: '/', 'set-cookie': cookie } };
}

function refusal(status: number, message: string): Answer {
  return { status, body: { message } };
}

/** The CLI sends a body without `payloads` for a query without arguments. */
async function readPayloads(request: IncomingMessage): Promise<Payload[]> {
  const text = await readText(request);
  const body = (text === '' ? {} : JSON.parse(text)) as { payloads?: JsonPayload[] | null } | null;
  return (body?.payloads ?? []).map(payloadFromJson);
}

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > bodyBytesMax) throw new Error(`The body is larger than ${bodyBytesMax} bytes.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function allow(response: ServerResponse, origin: string, withCookies: boolean): void {
  response.setHeader('access-control-allow-origin', origin);
  response.setHeader('access-control-allow-methods', 'POST, GET, OPTIONS');
  response.setHeader('access-control-allow-headers', 'content-type, x-namespace, authorization');
  if (withCookies) response.setHeader('access-control-allow-credentials', 'true');
  response.setHeader('vary', 'origin');
}

function send(response: ServerResponse, { status, body, headers = {} }: Answer): void {
  const isJson = typeof body === 'object';
  response.writeHead(status, {
    ...(isJson ? { 'content-type': 'application/json' } : {}),
    ...headers,
  });
  response.end(isJson ? JSON.stringify(body) : body);
}
