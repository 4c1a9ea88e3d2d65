import { connect as connectTcp } from 'node:net';
import { SshUnreachable } from './errors.ts';

/** What answers at a port. `silent` is the normal answer of a server that is still booting. */
export type BannerProbe =
  | { kind: 'banner'; banner: string }
  /** Nothing answers, or a TCP connection is accepted and nothing is said on it. */
  | { kind: 'silent' }
  /** The address answers, the port is closed: some system runs, its sshd does not. */
  | { kind: 'refused' }
  /** Accepted and closed without a banner. */
  | { kind: 'closed' };

/** A sentence before the banner is legal (RFC 4253 §4.2), a flood is not. */
const bytesMax = 8_192;

/**
 * Waits for an SSH banner. A TCP connect proves nothing: QEMU's user network and many load
 * balancers accept before anything listens behind them (measured in the lab).
 *
 * OpenSSH ≥ 9.8 counts one second of penalty for each connection that says nothing
 * (`PerSourcePenalties`), so probe a server at most once a second.
 *
 * @throws SshUnreachable when the host's name does not resolve; the signal's reason on abort.
 */
export function probeBanner(
  host: string,
  port: number,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<BannerProbe> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const socket = connectTcp({ host, port });
    let heard = '';
    const timer = setTimeout(() => settle({ kind: 'silent' }), timeoutMs);
    const abort = (): void => settle(signal?.reason as Error);
    signal?.addEventListener('abort', abort, { once: true });

    function settle(outcome: BannerProbe | Error): void {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
      socket.destroy();
      if ('kind' in outcome) resolve(outcome);
      else reject(outcome);
    }

    socket.setEncoding('latin1');
    socket.on('data', (text: string) => {
      heard += text;
      const banner = /^(SSH-[^\r\n]+)\r?\n/m.exec(heard)?.[1];
      if (banner) settle({ kind: 'banner', banner });
      else if (heard.length > bytesMax) settle({ kind: 'closed' });
    });
    socket.on('end', () => settle({ kind: 'closed' }));
    socket.on('error', (error: NodeJS.ErrnoException) => settle(meaning(host, port, error)));
  });
}

/** A router or a neighbour says that the host is not up: the same as no answer. */
const noAnswer = new Set(['EHOSTUNREACH', 'EHOSTDOWN', 'ETIMEDOUT']);

function meaning(host: string, port: number, error: NodeJS.ErrnoException): BannerProbe | Error {
  const code = error.code ?? '';
  if (code === 'ECONNREFUSED') return { kind: 'refused' };
  if (code === 'ECONNRESET' || code === 'EPIPE') return { kind: 'closed' };
  if (noAnswer.has(code)) return { kind: 'silent' };
  return new SshUnreachable(`${host}:${port}: ${error.message}`, { cause: error });
}
