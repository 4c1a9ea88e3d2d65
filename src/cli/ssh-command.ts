import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { LiveStatus } from '../client/live-status.ts';
import type { Login } from '../run/status.ts';

/** A system that can be logged in to: which one, where, and under which host key. */
export type SshDestination = Login & { server: string; address: string; port: number };

/**
 * No system of the server is proven to answer, so there is no host key to hold it to.
 *
 * @where command line
 * @changed Nothing was sent to the server.
 * @remedy Wait for the run that is under way. After one that ended without a system that answers,
 *   boot the server: the run that does so proves what comes up.
 * @example
 * No system of core1 is proven to answer now: its run (provision) is in phase boot.
 * To see when one answers:  ironstep watch core1
 */
export class NoLogin extends Error {
  override name = 'NoLogin';

  constructor({ server, kind, state, timeline, ending }: LiveStatus) {
    const open = state === 'running' || state === 'waiting';
    const phase = timeline.at(-1)?.phase ?? 'preflight';
    const seen = open
      ? `its run (${kind}) is in phase ${phase}`
      : `its newest run (${kind}) ended as ${state}: ${ending?.split('\n')[0] ?? 'without a word'}`;
    const todo = open
      ? `To see when one answers:  ironstep watch ${server}`
      : `To boot its disk:    ironstep boot disk ${server}\n` +
        `To boot its rescue:  ironstep rescue ${server}`;
    super(`No system of ${server} is proven to answer now: ${seen}.\n${todo}`);
  }
}

/** The system that the newest run has proven to answer. Throws NoLogin. */
export function destinationOf(status: LiveStatus): SshDestination {
  const { login, address, server, sshPort } = status;
  if (login === undefined || address === undefined) throw new NoLogin(status);
  return { ...login, server, address, port: sshPort };
}

/**
 * Writes the one host key that may answer for a known_hosts file in `folder`, mode 0600; returns
 * its path.
 */
export function writeKnownHosts(folder: string, { server, hostKey }: SshDestination): string {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, `${server}.known_hosts`);
  writeFileSync(path, `${server} ${hostKey.trim()}\n`, { mode: 0o600 });
  chmodSync(path, 0o600);
  return path;
}

/**
 * The arguments of OpenSSH's `ssh` for a login under the pinned host key only: whatever the
 * person's own configuration says, nothing else vouches for the server, and no connection to an
 * earlier boot is used again (ssh_config(5)). Everything else is theirs: keys, agent, jump host.
 */
export function sshArguments(
  destination: SshDestination,
  { knownHosts, log, command }: { knownHosts: string; log?: string; command: readonly string[] },
): string[] {
  const { server, user, address, port } = destination;
  const options = {
    // Older than OpenSSH 8.5 it is not known, and not needed.
    IgnoreUnknown: 'KnownHostsCommand',
    KnownHostsCommand: 'none',
    HostKeyAlias: server,
    UserKnownHostsFile: knownHosts,
    GlobalKnownHostsFile: '/dev/null',
    StrictHostKeyChecking: 'yes',
    UpdateHostKeys: 'no',
    VerifyHostKeyDNS: 'no',
    ControlPath: 'none',
  };
  return [
    ...Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`]),
    ...(log === undefined ? [] : ['-E', log]),
    ...['-p', String(port), '-l', user, address],
    ...(command.length === 0 ? [] : ['--', ...command]),
  ];
}

/** A command line to be copied into a shell. */
export function shellLine(words: readonly string[]): string {
  return words
    .map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`))
    .join(' ');
}

/**
 * What we add to OpenSSH's own words when no session came about; nothing when they say it all.
 */
export function sshFailureWords(said: string, destination: SshDestination): string[] {
  const { server, kind } = destination;
  if (/Host key verification failed|no matching host key type/.test(said)) {
    return [
      `Another system answers than the ${systemName[kind]} that ironstep has proven to be ` +
        `${server}, or somebody is in between. Nothing was sent to it.`,
      `What its last run saw:  ironstep status ${server}`,
      `To boot its disk:       ironstep boot disk ${server}`,
    ];
  }
  if (/Permission denied/.test(said)) {
    return kind === 'installed'
      ? [
          `${server} takes none of your keys.`,
          `To let one in:  ironstep add-key ${server} --key FILE.pub`,
        ]
      : [
          `The rescue system of ${server} takes the keys of the spec (ssh.authorizedKeys) only, ` +
            `as they were when its run was started.`,
        ];
  }
  return [];
}

const systemName = { installed: 'installed system', rescue: 'rescue system' } as const;
