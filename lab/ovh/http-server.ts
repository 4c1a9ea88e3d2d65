import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';

import type { Field } from '../field.ts';
import type { LabConfig } from '../lab-config.ts';
import type { Journal } from '../journal.ts';
import { listen } from '../listen.ts';
import type { Listening } from '../listen.ts';
import type { Faults, Occasion } from '../scenario.ts';
import { badRequest, keyRefused, noSuchService, OvhRefusal, refusalBody } from './errors.ts';
import { findRoute } from './routes.ts';
import type { RouteCall } from './routes.ts';
import { expectedSignature, isTimely, sameSignature } from './signature.ts';

export type OvhApiOptions = {
  field: Field;
  faults: Faults;
  journal: Journal;
  keys: LabConfig['keys'];
  port: number;
};

/** A call as it came in. */
type Call = { method: string; path: string; url: string; body: string; request: IncomingMessage };

/** What goes out: `null` text is a broken connection. */
type Reply = { status: number; text: string | null; errorCode: string | null; html?: true };

const version = '/1.0';

/** Serves the OVH API on loopback. Every reply has X-Ovh-QueryID and is in the journal. */
export function startOvhApi(options: OvhApiOptions): Promise<Listening> {
  const server = createServer((request, response) => {
    void handle(options, request, response, `http://${request.headers.host ?? ''}`);
  });
  return listen(server, options.port);
}

async function handle(
  options: OvhApiOptions,
  request: IncomingMessage,
  response: ServerResponse,
  origin: string,
): Promise<void> {
  const target = request.url ?? '/';
  const url = new URL(target, origin);
  const call: Call = {
    method: request.method ?? '',
    path: url.pathname.startsWith(`${version}/`) ? url.pathname.slice(version.length) : '',
    url: origin + target,
    body: await readBody(request),
    request,
  };
  const reply = answer(options, call, url.searchParams);
  const queryId = `LAB.ws-1.${randomBytes(4).toString('hex')}.${randomBytes(2).toString('hex')}`;
  note(options, call, reply, queryId, url.search);
  if (reply.text === null) {
    response.socket?.resetAndDestroy();
    return;
  }
  response.writeHead(reply.status, {
    'Content-Type': reply.html ? 'text/html' : 'application/json; charset=utf-8',
    'X-Ovh-QueryID': queryId,
  });
  response.end(reply.text);
}

/** What the call is answered, after it was carried out. */
function answer(options: OvhApiOptions, call: Call, query: URLSearchParams): Reply {
  try {
    const found = findRoute(call.method, call.path);
    const occasion = occasionOf(options, call);
    if (found?.route.open !== true) checkKeys(options, call, occasion);
    if (found === null) throw unknownCall();
    const failure = options.faults.strike('call-fails', occasion);
    if (failure !== null) return failedReply(failure.status, failure.body);
    const plain = found.route.answer(routeCall(options, call, query, found.parts));
    const tomorrow = options.faults.strike('answer-of-tomorrow', occasion) !== null;
    const result = tomorrow ? ofTomorrow(plain) : plain;
    const lost = options.faults.strike('answer-lost', occasion) !== null;
    return { status: 200, text: lost ? null : JSON.stringify(result), errorCode: null };
  } catch (error) {
    const refusal =
      error instanceof OvhRefusal ? error : new OvhRefusal(500, `Internal error: ${String(error)}`);
    const text = JSON.stringify(refusalBody(refusal));
    return { status: refusal.status, text, errorCode: refusal.errorCode ?? null };
  }
}

/** As OVH: first who asks, then when, then whether the signature fits. Throws OvhRefusal. */
function checkKeys({ field, faults, keys }: OvhApiOptions, call: Call, occasion: Occasion): void {
  const header = (name: string) => String(call.request.headers[name] ?? '');
  const refused = faults.strike('key-refused', occasion);
  if (refused !== null) throw keyRefused(refused.errorCode);
  if (header('x-ovh-application') !== keys.applicationKey) throw keyRefused('INVALID_KEY');
  if (header('x-ovh-consumer') === '') throw keyRefused('NOT_CREDENTIAL');
  if (header('x-ovh-consumer') !== keys.consumerKey) throw keyRefused('INVALID_CREDENTIAL');
  const timestamp = header('x-ovh-timestamp');
  // A stale time was reported as INVALID_KEY, which is why clients read the clock again on it.
  if (!isTimely(timestamp, field.now())) throw keyRefused('INVALID_KEY');
  const { method, url, body } = call;
  const expected = expectedSignature(keys, { method, url, body, timestamp });
  if (!sameSignature(header('x-ovh-signature'), expected)) throw keyRefused('INVALID_SIGNATURE');
}

function routeCall(
  { field, faults }: OvhApiOptions,
  call: Call,
  query: URLSearchParams,
  parts: Record<string, string>,
): RouteCall {
  const text = (name: string) => parts[name] ?? '';
  return {
    ...{ field, faults, query, text },
    body: parsedBody(call.body),
    id: (name) => {
      if (!/^\d{1,15}$/.test(text(name))) {
        throw badRequest(`[${name}] Given data (${text(name)}) does not belong to the long type`);
      }
      return Number(text(name));
    },
    server: () => {
      const found = field.byService(text('serviceName'));
      if (found === undefined) throw noSuchService();
      return found;
    },
  };
}

function parsedBody(text: string): unknown {
  if (text === '') return null;
  try {
    return JSON.parse(text);
  } catch {
    throw badRequest('Invalid JSON received');
  }
}

function failedReply(status: number, body: 'json' | 'html' | 'empty'): Reply {
  if (body === 'json') {
    const refusal = new OvhRefusal(status, 'Internal server error', {
      class: 'Server::InternalServerError',
    });
    return { status, text: JSON.stringify(refusalBody(refusal)), errorCode: null };
  }
  const text = body === 'empty' ? '' : `<html><body><h1>${status}</h1></body></html>`;
  return { status, text, errorCode: null, html: true };
}

/** What a later version of the API may answer: unknown fields and words, and no dates. */
function ofTomorrow(result: unknown): unknown {
  if (typeof result !== 'object' || result === null || Array.isArray(result)) return result;
  const dates = Object.keys(result).filter((name) => /date$/i.test(name));
  const words = Object.keys(result).filter((name) => ['function', 'supportLevel'].includes(name));
  return {
    ...result,
    ...Object.fromEntries(dates.map((name) => [name, null])),
    ...Object.fromEntries(words.map((name) => [name, 'ofTomorrow'])),
    aFieldOfTomorrow: { deep: true },
  };
}

function unknownCall(): OvhRefusal {
  return new OvhRefusal(404, 'Got an invalid (or empty) URL', { class: 'Client::NotFound' });
}

function occasionOf({ field }: OvhApiOptions, { method, path }: Call) {
  return { method, path, server: serverNamed(field, path) ?? undefined };
}

/** The lab's name of the server that a path is about. */
function serverNamed(field: Field, path: string): string | null {
  const service = /^\/dedicated\/server\/([^/]+)/.exec(path)?.[1] ?? '';
  return field.byService(service)?.config.name ?? null;
}

function note(
  { field, journal }: OvhApiOptions,
  { method, path, body }: Call,
  { status, text, errorCode }: Reply,
  queryId: string,
  query: string,
): void {
  journal.add({
    at: new Date(field.now()).toISOString(),
    ...{ method, path, query, errorCode, queryId },
    server: serverNamed(field, path),
    body: journalBody(body),
    status: text === null ? null : status,
  });
}

function journalBody(text: string): unknown {
  try {
    return text === '' ? null : parsedBody(text);
  } catch {
    return null;
  }
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
