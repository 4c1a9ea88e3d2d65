import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { QmpConnection } from './qmp.ts';

let folder = '';
let path = '';
let server: Server;
let client: Socket | undefined;

/** A monitor that answers `id` to everything but `fail`, in halves of lines. */
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ironstep-qmp-'));
  path = join(folder, 'qmp.sock');
  server = createServer((socket) => {
    client = socket;
    socket.write('{"QMP": {"version": {}}}\r\n');
    socket.on('data', (data) => {
      for (const line of data.toString().trim().split('\n')) {
        const { id, execute } = JSON.parse(line) as { id: number; execute: string };
        const error = { class: 'GenericError', desc: 'no such thing' };
        const answer = execute === 'fail' ? { id, error } : { id, return: { did: execute } };
        const text = `${JSON.stringify(answer)}\r\n`;
        socket.write(text.slice(0, 9));
        setImmediate(() => socket.write(text.slice(9)));
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
});
afterEach(async () => {
  client?.destroy();
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true, force: true });
});

function listening() {
  const events: unknown[] = [];
  let closed: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => {
    closed = resolve;
  });
  let heard: () => void = () => undefined;
  const first = new Promise<void>((resolve) => {
    heard = resolve;
  });
  const onEvent = (event: string, data: Record<string, unknown>) => {
    events.push([event, data]);
    heard();
  };
  return { events, ended, first, listener: { onEvent, onClose: () => closed() } };
}

describe('QmpConnection', () => {
  it('returns what QEMU returns and throws what it refuses', async () => {
    const qmp = await QmpConnection.open(path, listening().listener);
    expect(await qmp.execute('query-status')).toEqual({ did: 'query-status' });
    await expect(qmp.execute('fail')).rejects.toThrow('GenericError: no such thing');
  });

  it('hears events, and the end of QEMU, which every open question fails with', async () => {
    const { events, first, ended, listener } = listening();
    const qmp = await QmpConnection.open(path, listener);
    client?.write('{"event": "SHUTDOWN", "data": {"reason": "guest-reset"}}\r\n');
    await first;
    expect(events).toEqual([['SHUTDOWN', { reason: 'guest-reset' }]]);
    client?.destroy();
    await ended;
    await expect(qmp.execute('quit')).rejects.toThrow('QEMU is gone');
  });

  it('says when nothing answers', async () => {
    const open = QmpConnection.open(join(folder, 'none.sock'), listening().listener);
    await expect(open).rejects.toThrow('no QEMU answers');
  });
});
