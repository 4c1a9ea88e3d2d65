import { once } from 'node:events';
import { parseArgs } from 'node:util';

import { createCodecServer } from './codec-server.ts';
import { EncryptingCodec } from './payload-codec.ts';
import { loadPayloadKeys } from './payload-key.ts';

/** The codec server as a process of its own: `--port 8234 --ui-port 8233`, until SIGTERM. */
const { values } = parseArgs({
  options: { port: { type: 'string' }, 'ui-port': { type: 'string' } },
});
const uiPort = Number(values['ui-port']);
const server = createCodecServer({
  codec: new EncryptingCodec(await loadPayloadKeys()),
  uiOrigins: [`http://127.0.0.1:${uiPort}`, `http://localhost:${uiPort}`],
});
server.listen(Number(values.port), '127.0.0.1');
await once(server, 'listening');
process.stdout.write(`codec server on 127.0.0.1:${values.port}\n`);
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => {
    server.close();
    server.closeAllConnections();
  });
}
