import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';

/** A network cable between the worker and a server's SSH that can be pulled. */
export class CutProxy {
  readonly port: number;
  readonly #server: Server;
  readonly #pairs = new Set<[Socket, Socket]>();
  #silent = false;

  private constructor(server: Server) {
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
  }

  /** Listens on the server's own address, so that only the port differs from the real thing. */
  static async listen(address: string, sshPort: number): Promise<CutProxy> {
    const server = createServer({ noDelay: true });
    server.listen(0, address);
    await once(server, 'listening');
    const proxy = new CutProxy(server);
    server.on('connection', (client) => proxy.#join(client, address, sshPort));
    return proxy;
  }

  /** Resets every connection, at both ends. Returns how many there were. */
  cut(): number {
    const count = this.#pairs.size;
    for (const pair of this.#pairs) for (const socket of pair) socket.resetAndDestroy();
    return count;
  }

  /** Lets nothing pass, in either direction, until it is told to. Returns how many connections. */
  silence(silent: boolean): number {
    this.#silent = silent;
    for (const pair of this.#pairs) for (const socket of pair) this.#hush(socket);
    return this.#pairs.size;
  }

  async close(): Promise<void> {
    this.#server.close();
    this.cut();
    await once(this.#server, 'close');
  }

  #join(client: Socket, address: string, sshPort: number): void {
    const upstream = connect({ host: address, port: sshPort, noDelay: true });
    const pair: [Socket, Socket] = [client, upstream];
    this.#pairs.add(pair);
    for (const [from, to] of [pair, [upstream, client] as const]) {
      from.on('data', (bytes: Buffer) => to.write(bytes));
      from.on('error', () => undefined); // 'close' follows
      from.once('close', () => {
        this.#pairs.delete(pair);
        to.destroy();
      });
      this.#hush(from);
    }
  }

  #hush(socket: Socket): void {
    if (this.#silent) socket.pause();
    else socket.resume();
  }
}
