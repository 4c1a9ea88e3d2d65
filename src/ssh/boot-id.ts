import type { SshConnection } from './connection.ts';

/**
 * The id of this boot of this kernel: a new one after every reboot, and the proof that a reboot
 * happened or did not (invariant 5).
 *
 * @throws RemoteCommandFailed, SshConnectionLost.
 */
export async function readBootId(connection: SshConnection): Promise<string> {
  const { stdout } = await connection.execOk(['cat', '/proc/sys/kernel/random/boot_id'], {
    timeoutMs: 30_000,
  });
  return stdout.trim();
}
