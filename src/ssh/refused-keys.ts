import ssh2 from 'ssh2';
import type { ParsedKey } from 'ssh2';
import { SshUnreachable } from './errors.ts';
import { HostKeyCheck, keyFingerprint } from './host-key.ts';
import type { SshTarget } from './connection.ts';

/** Has only public halves: it can ask whether a key would be taken, and never sign. */
class PublicHalves extends ssh2.BaseAgent<ParsedKey> {
  /** SHA256 fingerprints. */
  readonly taken = new Set<string>();
  readonly #keys: ParsedKey[];

  constructor(keys: ParsedKey[]) {
    super();
    this.#keys = keys;
  }

  getIdentities(callback: (error: null, keys: ParsedKey[]) => void): void {
    callback(null, this.#keys);
  }

  /** Wanted by ssh2 once the server has said that this key is acceptable. */
  sign(key: ParsedKey, _data: Buffer, ...rest: unknown[]): void {
    this.taken.add(keyFingerprint(`${key.type} ${key.getPublicSSH().toString('base64')}`));
    const callback = rest.at(-1) as (error: Error) => void;
    callback(new Error('there is no private half of this key here'));
  }
}

/**
 * Which of these public keys the server would let in as `user`: SSH lets a client ask before it
 * signs (RFC 4252 §7), so no private half is needed. Returns those lines that it refuses. Keys of a
 * type that ssh2 does not know (security tokens) are not asked about, and not returned.
 *
 * @throws SshUnreachable, SshHostKeyMismatch.
 */
export async function refusedKeys(
  target: Omit<SshTarget, 'privateKey'>,
  lines: string[],
  { connectTimeoutMs }: { connectTimeoutMs: number },
): Promise<string[]> {
  const { host, port, user, hostKey } = target;
  const where = `${host}:${port}`;
  const known = lines.flatMap((line) => {
    const key = ssh2.utils.parseKey(line);
    return key instanceof Error ? [] : [{ line, key }];
  });
  if (known.length === 0) return [];
  const agent = new PublicHalves(known.map(({ key }) => key));
  const hostKeys = new HostKeyCheck(where, hostKey);
  const client = new ssh2.Client();
  try {
    const failure = await new Promise<Error & { level?: string }>((resolve) => {
      // `agent` is our own refusal to sign: the next key is asked about.
      client.on('error', (error) => error.level === 'agent' || resolve(error));
      client.connect({
        ...{ host, port, username: user, agent, authHandler: ['agent'] },
        hostVerifier: (key: Buffer) => hostKeys.accepts(key),
        algorithms: { serverHostKey: hostKeys.algorithms },
        readyTimeout: connectTimeoutMs,
      });
    });
    if (failure.level !== 'client-authentication') {
      throw (
        hostKeys.mismatch(failure) ??
        new SshUnreachable(`${where}: no SSH login: ${failure.message}`, { cause: failure })
      );
    }
  } finally {
    client.destroy();
  }
  return known.filter(({ line }) => !agent.taken.has(keyFingerprint(line))).map(({ line }) => line);
}
