import { createReadStream, statSync } from 'node:fs';
import type { Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Serves one file with byte ranges; may cut the first answers off half way. */
export class ImageServer {
  readonly requests: string[] = [];
  #cutsLeft = 0;
  readonly #server: Server;

  constructor(file: string) {
    const size = statSync(file).size;
    this.#server = createServer((request, response) => {
      const start = Number(/^bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
      this.requests.push(request.headers.range ?? 'all');
      response.writeHead(start > 0 ? 206 : 200, {
        'content-length': size - start,
        'accept-ranges': 'bytes',
        ...(start > 0 ? { 'content-range': `bytes ${start}-${size - 1}/${size}` } : {}),
      });
      const cut = this.#cutsLeft > 0;
      if (cut) this.#cutsLeft -= 1;
      const end = cut ? start + Math.floor((size - start) / 2) : size - 1;
      const stream = createReadStream(file, { start, end });
      stream.pipe(response, { end: !cut });
      if (cut) stream.on('end', () => request.socket.destroySoon());
    });
  }

  cutOff(times: number): void {
    this.#cutsLeft = times;
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/image.zst`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
