import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join, normalize } from 'node:path';
import { pipeline } from 'node:stream/promises';

import { listen } from './listen.ts';
import type { Listening } from './listen.ts';

type Found = { file: string; sizeBytes: number; modified: Date };

/**
 * Serves files over HTTP with HEAD, Range and If-Range, as a release server does. A path is looked
 * up in each folder in turn, so a test can put a broken release in front of the built one.
 */
export function startImageServer(folders: string[], port: number): Promise<Listening> {
  const server = createServer((request, response) => {
    // A reader that goes away in the middle is its own affair.
    serve(folders, request, response).catch(() => response.destroy());
  });
  return listen(server, port);
}

async function serve(
  folders: string[],
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.writeHead(405, { Allow: 'GET, HEAD' }).end();
    return;
  }
  const found = await find(folders, new URL(request.url ?? '/', 'http://images').pathname);
  if (found === null) {
    response.writeHead(404, { 'Content-Type': 'text/plain' }).end('Not found\n');
    return;
  }
  const etag = `"${found.modified.getTime().toString(16)}-${found.sizeBytes.toString(16)}"`;
  const headers = {
    'Accept-Ranges': 'bytes',
    'Content-Type': 'application/octet-stream',
    ETag: etag,
    'Last-Modified': found.modified.toUTCString(),
  };
  const range = chosenRange(request, found, etag);
  if (range === 'unsatisfiable') {
    response.writeHead(416, { ...headers, 'Content-Range': `bytes */${found.sizeBytes}` }).end();
    return;
  }
  const { start, end } = range ?? { start: 0, end: found.sizeBytes - 1 };
  response.writeHead(range === null ? 200 : 206, {
    ...headers,
    'Content-Length': end - start + 1,
    ...(range === null ? {} : { 'Content-Range': `bytes ${start}-${end}/${found.sizeBytes}` }),
  });
  if (request.method === 'HEAD' || found.sizeBytes === 0) response.end();
  else await pipeline(createReadStream(found.file, { start, end }), response);
}

async function find(folders: string[], path: string): Promise<Found | null> {
  // A path begins with /, so normalize() leaves no .. in it.
  const inside = normalize(decodeURIComponent(path));
  for (const folder of folders) {
    const file = join(folder, inside);
    const found = await stat(file).catch(() => null);
    if (found?.isFile()) return { file, sizeBytes: found.size, modified: found.mtime };
  }
  return null;
}

/** One range of bytes, both ends included; null for the whole file. RFC 9110 §14. */
function chosenRange(
  request: IncomingMessage,
  { sizeBytes }: Found,
  etag: string,
): { start: number; end: number } | null | 'unsatisfiable' {
  const condition = request.headers['if-range'];
  const [, from, to] = /^bytes=(\d*)-(\d*)$/.exec(request.headers.range ?? '') ?? [];
  if (from === undefined || to === undefined || (from === '' && to === '')) return null;
  if (condition !== undefined && condition !== etag) return null;
  const start = from === '' ? Math.max(0, sizeBytes - Number(to)) : Number(from);
  const end = from === '' || to === '' ? sizeBytes - 1 : Math.min(Number(to), sizeBytes - 1);
  return start > end ? 'unsatisfiable' : { start, end };
}
