import { once } from 'node:events';
import { createServer } from 'node:http2';
import type { Http2Server, ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';

import { afterEach, expect, test } from 'vitest';

import { RunClient } from '../client.ts';
import { TemporalNotWorking, TemporalUnreachable } from '../run/temporal-errors.ts';

let server: Http2Server | undefined;
let calls: string[];
afterEach(() => void server?.close());

/** A Temporal that greets, and answers every other call as told. Returns its address. */
async function temporalThat(answer: (stream: ServerHttp2Stream) => void): Promise<string> {
  calls = [];
  server = createServer();
  server.on('stream', (stream, headers) => {
    const call = String(headers[':path']).replace(/^.*\//, '');
    calls.push(call);
    if (call !== 'GetSystemInfo') return answer(stream);
    stream.respond({ 'content-type': 'application/grpc' }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    // An empty message: no compression, no bytes.
    stream.end(Buffer.alloc(5));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function refuse(stream: ServerHttp2Stream, status: number, message: string): void {
  const type = 'application/grpc';
  const headers = { 'content-type': type, 'grpc-status': `${status}`, 'grpc-message': message };
  stream.respond(headers, { endStream: true });
}

async function listAt(address: string): Promise<unknown> {
  const runs = await RunClient.connect({ address, namespace: 'default' });
  try {
    return await runs.list();
  } catch (error) {
    return error;
  } finally {
    await runs.close();
  }
}

test('a Temporal whose database is away is asked twice, and then quoted', async () => {
  const words = 'GetCurrentExecution operation failed. Error: no usable database connection found';
  const address = await temporalThat((stream) => refuse(stream, 14, words));
  const error = await listAt(address);
  expect(error).toBeInstanceOf(TemporalNotWorking);
  expect((error as Error).message).toContain(`${address} answers, but cannot work`);
  expect((error as Error).message).toContain(words);
  expect(calls).toEqual(['GetSystemInfo', ...Array<string>(2).fill('ListWorkflowExecutions')]);
});

test('a Temporal that hangs up is away', async () => {
  const address = await temporalThat((stream) => stream.session?.destroy());
  expect(await listAt(address)).toBeInstanceOf(TemporalUnreachable);
});
