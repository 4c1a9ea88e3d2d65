import type { ExecResult } from './exec.ts';

/** How much of a command's stdout and stderr an error message carries, each. */
const tailBytes = 2_048;

/**
 * No SSH login was reached: refused, silent, no banner, or the handshake did not end in time.
 * Later may help (the server boots); a person looks at power, network and firewall.
 *
 * @where any phase, command line
 * @changed Nothing.
 * @remedy Waits are patient by themselves. Look at power, network and firewall when it lasts.
 * @example
 * 127.0.77.1:22: no SSH login: Timed out while waiting for handshake
 */
export class SshUnreachable extends Error {
  override name = 'SshUnreachable';
}

/**
 * Another host key than the pinned one was offered. Never accepted silently (invariant 8):
 * either another system answers than the one we installed, or somebody is in between.
 *
 * @where any phase, command line
 * @changed Nothing was sent to it.
 * @remedy Find out which system answers there: a console or the provider's panel tells. Never
 *   accept the key because it is there.
 * @example
 * 127.0.77.1:22 offered the host key SHA256:9vXq0, expected SHA256:7rBp1. Another system \
 * answers there than the one that was pinned; nothing was sent to it.
 */
export class SshHostKeyMismatch extends Error {
  override name = 'SshHostKeyMismatch';
  /** SHA256 fingerprints of the pinned keys; none when any key but the offered one would do. */
  readonly expected: string[];
  /** SHA256 fingerprint of the offered key; null when no key of a pinned type was offered. */
  readonly offered: string | null;

  constructor(where: string, expected: string[], offered: string | null) {
    const seen = `${where} offered the host key ${offered ?? '(none of the pinned type)'}`;
    super(
      expected.length === 0
        ? `${seen}, which belongs to another system of this server; nothing was sent to it.`
        : `${seen}, expected ${expected.join(' or ')}. Another system answers there than the one ` +
            `that was pinned; nothing was sent to it.`,
    );
    this.expected = expected;
    this.offered = offered;
  }
}

/**
 * The server is there and refused our key. Trying again does not help; look at its keys.
 *
 * @where any phase, command line
 * @changed Nothing.
 * @remedy See whether the right system answers, and whether our key is in its authorized_keys;
 *   then resume.
 * @example
 * 127.0.77.1:22 refuses our key SHA256:7rBp1 for the user core: another system answers than \
 * expected, or the key was not installed there
 */
export class SshAuthRefused extends Error {
  override name = 'SshAuthRefused';
  /** The key that the refusing server showed, as an OpenSSH line: which system it is. */
  readonly hostKey: string;

  /** `key` is the fingerprint of ours. */
  constructor(
    where: string,
    { user, key, hostKey }: { user: string; key: string; hostKey: string },
    options: { cause?: unknown } = {},
  ) {
    super(
      `${where} refuses our key ${key} for the user ${user}: another system answers than ` +
        `expected, or the key was not installed there`,
      options,
    );
    this.hostKey = hostKey;
  }
}

/**
 * The server did not take the password. It was sent once, and is not sent to this system again.
 *
 * @where rescue, command line
 * @changed Nothing.
 * @remedy See that the password is the one of this boot: every rescue boot has a new one, and a mail
 *   of an earlier boot or of another server looks the same. Then try again.
 * @example
 * 127.0.77.1:22 refuses the password for the user root. It was tried once, and nothing was \
 * changed.
 */
export class SshPasswordRefused extends Error {
  override name = 'SshPasswordRefused';
  /** False: the server takes no passwords at all, so it was shown none. */
  readonly sent: boolean;

  /** `offered`: what it takes instead, when that is why no password was sent; else null. */
  constructor(
    where: string,
    user: string,
    offered: string[] | null,
    options: { cause?: unknown } = {},
  ) {
    super(
      offered === null
        ? `${where} refuses the password for the user ${user}. It was tried once, and nothing was ` +
            `changed.`
        : `${where} takes no password for the user ${user} (it offers ` +
            `${offered.join(', ') || 'nothing'}), so none was sent. Nothing was changed.`,
      options,
    );
    this.sent = offered === null;
  }
}

/**
 * The connection or the session ended under a command: its outcome is unknown. Look first.
 *
 * @where any phase, command line
 * @changed Unknown. Work on a server is a job that goes on without the connection, so the next
 *   attempt looks first.
 * @remedy Nothing: the step is tried again. Look at the network when it lasts.
 * @example
 * 127.0.77.1:22: lost while running sh job.sh start (read ECONNRESET); whether it took effect \
 * is unknown
 */
export class SshConnectionLost extends Error {
  override name = 'SshConnectionLost';
}

/**
 * A command ran and failed, or was given up. It has the fields of the result (`ExecResult`).
 *
 * @where any phase, command line
 * @changed What the command did before it failed; our commands refuse before they write.
 * @remedy The last lines of its output are in the message. Mend that, then resume.
 * @example
 * 127.0.77.1:22: sh inspect.sh exited with 127
 * inspect.sh: lsblk: not found
 */
export class RemoteCommandFailed extends Error implements ExecResult {
  override name = 'RemoteCommandFailed';
  readonly command: string;
  readonly exitCode: number | null;
  readonly exitSignal: string | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly durationMs: number;

  /** `outcome` says how it ended, in words: "exited with 3", "was given up after 5000 ms". */
  constructor(where: string, outcome: string, result: ExecResult) {
    const stderr = lastBytes(result.stderr);
    const stdout = lastBytes(result.stdout);
    const command =
      result.command.length > 200 ? `${result.command.slice(0, 200)}…` : result.command;
    super([`${where}: ${command} ${outcome}`, stderr, stdout].filter(Boolean).join('\n'));
    this.command = command;
    this.exitCode = result.exitCode;
    this.exitSignal = result.exitSignal;
    this.stdout = stdout;
    this.stderr = stderr;
    this.durationMs = result.durationMs;
  }
}

/** The end of a text is where a program says why it failed. */
function lastBytes(text: string): string {
  const bytes = Buffer.from(text.trimEnd());
  if (bytes.length <= tailBytes) return text.trimEnd();
  return `…${bytes.subarray(-tailBytes).toString('utf8')}`;
}
