import { once } from 'node:events';

import { openCodecAccess } from './codec-access.ts';
import type { CodecTeam } from './codec-login.ts';
import { createCodecServer } from './codec-server.ts';
import { EncryptingCodec } from './payload-codec.ts';
import { loadPayloadKeys } from './payload-key.ts';

/** How to run the codec server. */
export type RunCodecOptions = {
  /** An address of this machine. Without a `team` it must be a loopback one. */
  host: string;
  port: number;
  /** Origins of the Temporal UI, as the browser writes them: `http://127.0.0.1:8233`. */
  uiOrigins: readonly string[];
  /** Only the people in the tokens file are answered; `publicUrl` is where they reach us. */
  team?: { tokensPath: string; publicUrl: URL };
  /** Hears when it answers. */
  ready: () => void;
};

/**
 * Runs the codec server until SIGTERM or SIGINT. Throws CodecTokensInvalid, FileTooOpen and
 * PayloadKeyDamaged.
 */
export async function runCodecServer(options: RunCodecOptions): Promise<void> {
  const { host, port, uiOrigins, ready } = options;
  const codec = new EncryptingCodec(await loadPayloadKeys());
  const team = await openTeam(options.team);
  const server = createCodecServer({ codec, uiOrigins, ...(team === undefined ? {} : { team }) });
  server.listen(port, host);
  await once(server, 'listening');
  const over = once(server, 'close');
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      server.close();
      server.closeAllConnections();
    });
  }
  ready();
  await over;
}

async function openTeam(team: RunCodecOptions['team']): Promise<CodecTeam | undefined> {
  if (team === undefined) return undefined;
  const access = openCodecAccess(team.tokensPath);
  // A file that cannot be used is said now, not to the first person who asks.
  await access.whoseToken('');
  return { access, publicUrl: team.publicUrl };
}
