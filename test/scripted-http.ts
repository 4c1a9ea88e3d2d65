import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request as the scripted server saw it. `path` has the query. */
export type Call = {
  method: string;
  path: string;
  body: string;
  headers: Record<string, string | undefined>;
};

/** What it answers: JSON, a text, a broken connection, or nothing at all. */
export type Reply =
  | { status?: number; json: unknown; headers?: Record<string, string> }
  | { status: number; text: string; headers?: Record<string, string> }
  | 'reset'
  | 'silence';

/** An HTTP server on loopback for edge cases: each call is answered as the script says. */
export type ScriptedHttp = AsyncDisposable & { url: string; calls: Call[] };

export async function startScriptedHttp(script: (call: Call) => Reply): Promise<ScriptedHttp> {
  const calls: Call[] = [];
  const server = createServer((request, response) => {
    void readBody(request).then((body) => {
      const call = {
        method: request.method ?? '',
        path: request.url ?? '',
        body,
        headers: request.headers as Record<string, string | undefined>,
      };
      calls.push(call);
      send(response, script(call));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

function send(response: ServerResponse, reply: Reply): void {
  if (reply === 'silence') return;
  if (reply === 'reset') {
    response.socket?.resetAndDestroy();
    return;
  }
  response.writeHead(reply.status ?? 200, {
    'X-Ovh-QueryID': 'TEST.query-1',
    ...reply.headers,
  });
  response.end('json' in reply ? JSON.stringify(reply.json) : reply.text);
}
