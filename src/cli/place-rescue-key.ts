import type { HostKeyPolicy } from '../ssh/host-key.ts';

/** What a person's password is to do, and for which server. */
export type PasswordLogin = {
  address: string;
  port: number;
  password: string;
  /** The run's rescue key, as an OpenSSH line. */
  publicKey: string;
  /** Host key of the system that ironstep installs: no rescue system shows it. */
  installedHostKey: string;
};

/** The key opens the rescue system now; or which other system the password opened. */
export type KeyPlaced = { kind: 'placed' } | { kind: 'other-system'; seen: string };

/**
 * Logs in with a password that a person typed, once, and lets the run's key in instead. The one
 * place where the command line itself speaks to a server: so the password leaves this process for
 * that server only (docs/decisions/0011). Throws SshPasswordRefused, SshUnreachable,
 * SshHostKeyMismatch, SshConnectionLost and RemoteCommandFailed.
 */
export async function placeRescueKey(login: PasswordLogin): Promise<KeyPlaced> {
  const { exchangePassword } = await import('../ssh/exchange-password.ts');
  const { address: host, port, password, publicKey, installedHostKey } = login;
  const hostKey: HostKeyPolicy = { kind: 'first-use', except: [installedHostKey] };
  const target = { host, port, user: 'root', password, hostKey };
  const exchanged = await exchangePassword(target, { publicKey, knownBootIds: [] });
  return exchanged.kind === 'placed' ? { kind: 'placed' } : exchanged;
}
