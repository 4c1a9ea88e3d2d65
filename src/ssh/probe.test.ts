import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { freePort } from '../../test/local-sshd.ts';
import { probeBanner } from './probe.ts';

const servers: Server[] = [];
const sockets: Socket[] = [];

afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const server of servers.splice(0)) server.close();
});

async function serverThat(act: (socket: Socket) => void): Promise<number> {
  const server = createServer((socket) => {
    sockets.push(socket.on('error', () => {}));
    act(socket);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

describe('probeBanner', () => {
  it('returns the banner, also behind other lines and in pieces', async () => {
    const port = await serverThat((socket) => {
      socket.write('Welcome.\r\nSSH-2.0-Open');
      setImmediate(() => socket.write('SSH_9.2p1\r\n'));
    });
    expect(await probeBanner('127.0.0.1', port, 5_000)).toEqual({
      kind: 'banner',
      banner: 'SSH-2.0-OpenSSH_9.2p1',
    });
  });

  it('is silent when a connection is accepted and nothing is said', async () => {
    const port = await serverThat(() => {});
    expect(await probeBanner('127.0.0.1', port, 100)).toEqual({ kind: 'silent' });
  });

  it('is refused at a closed port', async () => {
    expect(await probeBanner('127.0.0.1', await freePort(), 5_000)).toEqual({ kind: 'refused' });
  });

  it('is closed when the server hangs up or is not SSH', async () => {
    const hangsUp = await serverThat((socket) => socket.end());
    expect(await probeBanner('127.0.0.1', hangsUp, 5_000)).toEqual({ kind: 'closed' });
    const full = await serverThat((socket) => socket.end('Exceeded MaxStartups\r\n'));
    expect(await probeBanner('127.0.0.1', full, 5_000)).toEqual({ kind: 'closed' });
    const chatty = await serverThat((socket) => socket.write('x'.repeat(10_000)));
    expect(await probeBanner('127.0.0.1', chatty, 5_000)).toEqual({ kind: 'closed' });
  });

  it('ends with the reason of its signal', async () => {
    const port = await serverThat(() => {});
    const reason = new Error('worker stops');
    const controller = new AbortController();
    const probe = probeBanner('127.0.0.1', port, 60_000, controller.signal);
    controller.abort(reason);
    await expect(probe).rejects.toBe(reason);
  });
});
