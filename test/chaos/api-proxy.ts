import { once } from 'node:events';
import { createServer, request as send } from 'node:http';
import type { IncomingMessage, OutgoingHttpHeaders, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import type { ApiCall } from './points.ts';

/** Hears of each call, before it is passed on and before it is answered, and may hold it. */
export type Listener = (call: ApiCall) => Promise<void>;

const base = '/1.0';

/**
 * Stands between the worker and the provider's API: what the worker sends is known before it
 * arrives, and what is answered before the worker hears it. A call whose sender has died meanwhile
 * is not passed on; one whose answer nobody waits for is carried out all the same.
 */
export class ApiProxy {
  readonly endpoint: string;
  readonly #server: Server;
  readonly #upstreamPort: number;
  /** Null: calls pass. */
  listener: Listener | null = null;

  private constructor(server: Server, upstreamPort: number) {
    this.#server = server;
    this.#upstreamPort = upstreamPort;
    this.endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}${base}`;
  }

  static async listen(upstreamPort: number): Promise<ApiProxy> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const proxy = new ApiProxy(server, upstreamPort);
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      // Broken on either side: the worker sees a broken connection, as in life.
      proxy.#pass(request, response).catch(() => response.destroy());
    });
    return proxy;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await bodyOf(request);
    const call = (when: ApiCall['when']): ApiCall => ({
      when,
      method: request.method ?? '',
      path: (request.url ?? '').replace(base, ''),
      body: parsed(body),
    });
    await this.listener?.(call('asked'));
    if (response.destroyed) return;
    const answer = await this.#forward(request, body);
    const text = await bodyOf(answer);
    await this.listener?.(call('answered'));
    response.writeHead(answer.statusCode ?? 502, answer.headers as OutgoingHttpHeaders);
    response.end(text);
  }

  /** With the headers as they are: the signature covers the address that the worker wrote. */
  async #forward(
    { method, url, headers }: IncomingMessage,
    body: Buffer,
  ): Promise<IncomingMessage> {
    const to = { host: '127.0.0.1', port: this.#upstreamPort, method, path: url, headers };
    const outgoing = send({ ...to, agent: false });
    outgoing.end(body);
    const [answer] = (await once(outgoing, 'response')) as [IncomingMessage];
    return answer;
  }
}

async function bodyOf(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function parsed(body: Buffer): Record<string, unknown> {
  try {
    return JSON.parse(body.toString('utf8')) as Record<string, unknown>;
  } catch {
    return {};
  }
}
