import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An HTTP server of the lab. All of them are reachable from this machine only. */
export type Listening = { url: string; port: number; close: () => Promise<void> };

/** Listens on loopback; port 0 takes a free one. Throws when the port is taken. */
export async function listen(server: Server, port: number): Promise<Listening> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const bound = (server.address() as AddressInfo).port;
  return {
    url: `http://127.0.0.1:${bound}`,
    port: bound,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
