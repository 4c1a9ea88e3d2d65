import { deadlines } from '../run/deadlines.ts';
import { parseIdentity, runsFromDisk, type SystemIdentity } from '../run/system-identity.ts';
import type { ConnectOptions } from './connection.ts';
import { SshAuthRefused } from './errors.ts';
import { keyFingerprint, type HostKeyPolicy } from './host-key.ts';
import { connectWithPassword } from './password-login.ts';
import type { PasswordTarget } from './password-login.ts';
import { refusedKeys } from './refused-keys.ts';
import { installScripts } from './scripts.ts';

/** What became of a password that the server took. */
export type Exchanged =
  /** From now on the key opens the rescue system that shows this host key. */
  | { kind: 'placed'; hostKey: string; identity: SystemIdentity }
  /** It opened an installed system, or the rescue of an earlier boot; nothing was changed there. */
  | { kind: 'other-system'; seen: string };

/** Opens a connection by password; a test gives another. */
type Connect = typeof connectWithPassword;

/**
 * Logs in with the password of a rescue system, once, and lets `publicKey` log in instead: after
 * that the password is of no use any more to us. Whatever does not run from RAM, or is one of
 * `knownBootIds`, is left as it is (invariant 5).
 *
 * @throws SshPasswordRefused, SshUnreachable, SshHostKeyMismatch, SshConnectionLost,
 * RemoteCommandFailed; SshAuthRefused when sshd does not let the key in although it is there.
 */
export async function exchangePassword(
  target: PasswordTarget,
  { publicKey, knownBootIds }: { publicKey: string; knownBootIds: string[] },
  options: Omit<ConnectOptions, 'connectTimeoutMs'> = {},
  connect: Connect = connectWithPassword,
): Promise<Exchanged> {
  const { connectMs, commandMs } = deadlines;
  await using connection = await connect(target, { ...options, connectTimeoutMs: connectMs });
  const scripts = await installScripts(connection);
  const identity = parseIdentity((await scripts.runOk('identify', [])).stdout);
  if (runsFromDisk(identity)) {
    return {
      kind: 'other-system',
      seen: `the password opens a system that runs from ${identity.rootSource}, not rescue`,
    };
  }
  if (knownBootIds.includes(identity.bootId)) {
    return { kind: 'other-system', seen: 'the password opens the rescue of an earlier boot' };
  }
  await scripts.runOk('admit-key', [], { stdin: `${publicKey.trim()}\n`, timeoutMs: commandMs });
  await askSshd(target, publicKey, connection.hostKey);
  return { kind: 'placed', hostKey: connection.hostKey, identity };
}

/** A line in the right file is not all: algorithms and modes decide too. */
async function askSshd(
  { host, port, user }: PasswordTarget,
  publicKey: string,
  hostKey: string,
): Promise<void> {
  const pinned: HostKeyPolicy = { kind: 'pinned', keys: [hostKey] };
  const connectTimeoutMs = deadlines.connectMs;
  const sshd = { host, port, user, hostKey: pinned };
  if ((await refusedKeys(sshd, [publicKey], { connectTimeoutMs })).length === 0) return;
  throw new SshAuthRefused(`${host}:${port}`, { user, key: keyFingerprint(publicKey), hostKey });
}
