import { BlockList, isIP } from 'node:net';
import { resolve } from 'node:path';

import type { Command } from 'commander';

import { say } from '../context.ts';
import type { Context } from '../context.ts';
import { UsageError } from '../errors.ts';
import { addExamples } from '../examples.ts';

type Options = { listen: string; ui: string[]; tokens?: string; publicUrl?: string };

/** `ironstep codec`: decrypts for the Temporal UI and CLI what runs carry. */
export function addCodec(program: Command, context: Context): void {
  const codec = program
    .command('codec')
    .description('decrypt runs for the Temporal UI and CLI; dev has one of its own')
    .option('--listen <ip:port>', 'where to answer', '127.0.0.1:8234')
    .option('--ui <origins...>', 'pages that may ask', ['http://127.0.0.1:8233'])
    .option('--tokens <file>', 'answer only the people in this file: one NAME TOKEN a line')
    .option('--public-url <url>', 'where people reach it, when not where it listens')
    .action(async (options: Options) => {
      const { host, port } = parseListen(options.listen);
      if (options.tokens === undefined && !isLoopback(host)) throw new UsageError(openTo(host));
      const publicUrl = parsePublicUrl(options.publicUrl ?? `http://${options.listen}`);
      context.ownsSignals();
      const { runCodecServer } = await import('../../codec/run-codec-server.ts');
      await runCodecServer({
        host,
        port,
        uiOrigins: options.ui,
        ...(options.tokens === undefined
          ? {}
          : { team: { tokensPath: resolve(options.tokens), publicUrl } }),
        ready: () => say(context, [`codec server on ${options.listen}`]),
      });
    });
  addExamples(codec, context, [
    ['ironstep codec', 'for a Temporal UI on this machine, which has port 8233'],
    ['ironstep codec --listen 10.0.0.5:8234 --tokens codec.tokens', 'for a team'],
  ]);
}

function parseListen(text: string): { host: string; port: number } {
  const [, ip = '', port = ''] = /^(.*):(\d{1,5})$/.exec(text) ?? [];
  const host = ip.replace(/^\[(.*)\]$/, '$1');
  if (isIP(host) === 0 || Number(port) > 65_535) {
    throw new UsageError(`--listen ${text}: write IP:PORT, such as 127.0.0.1:8234.`);
  }
  return { host, port: Number(port) };
}

function parsePublicUrl(text: string): URL {
  if (/^https?:\/\//.test(text) && URL.canParse(text)) return new URL(text);
  throw new UsageError(`--public-url ${text}: write it as people type it, http://… or https://…`);
}

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

function isLoopback(host: string): boolean {
  return loopback.check(host, isIP(host) === 4 ? 'ipv4' : 'ipv6');
}

function openTo(host: string): string {
  return (
    `${host} can be reached from other machines, and the codec server shows what Temporal keeps ` +
    'encrypted. Nothing was started. Say who may ask: --tokens FILE, one NAME TOKEN a line.'
  );
}
