import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { freePort, makeKey, noSshd } from './local-sshd.ts';

/** Why no rescue system can be played here; null when one can. */
export const noRescueSshd =
  noSshd ??
  (process.getuid?.() === 0 && existsSync('/usr/bin/unshare') ? null : 'not root, or no unshare');

/** A real sshd whose root filesystem is RAM, and whose root has a password of its own. */
export type RescueSshd = AsyncDisposable & {
  port: number;
  /** OpenSSH line. */
  hostKey: string;
  /** How often a password was tried, and how often it was the right one. */
  passwords(): { refused: number; accepted: number };
};

/**
 * Runs in the new mount namespace: a tmpfs becomes the root, with this machine's programs in it,
 * its own users and its own sshd_config. Nothing of it is seen outside.
 */
const enter = `
set -e
root=$1/root
mkdir "$root"
mount -t tmpfs rescue "$root"
cd "$root"
for path in /*; do
  name=\${path#/}
  if [ -L "$path" ]; then cp -a "$path" .; continue; fi
  [ -d "$path" ] || continue
  mkdir "$name"
  case $name in run | root) ;; *) mount --rbind "$path" "$name" ;; esac
done
mkdir run/sshd
chmod 700 root
mount --bind "$1/passwd" etc/passwd
mount --bind "$1/shadow" etc/shadow
mount --bind "$1/ssh" etc/ssh
exec chroot . /usr/sbin/sshd -D -e
`;

/** `takes`: without it the server offers keys only. */
export async function startRescueSshd(
  password: string,
  { takes = 'password' }: { takes?: 'password' | 'keys' } = {},
): Promise<RescueSshd> {
  const folder = mkdtempSync(join(tmpdir(), 'ironstep-rescue-'));
  const ssh = join(folder, 'ssh');
  mkdirSync(ssh);
  const hostKey = makeKey(ssh, 'host');
  const port = await freePort();
  const hash = execFileSync('openssl', ['passwd', '-6', '-stdin'], { input: password }).toString();
  writeFileSync(join(folder, 'shadow'), `root:${hash.trim()}:19000:0:99999:7:::\n`, {
    mode: 0o640,
  });
  const users = ['root:x:0:0:root:/root:/bin/sh', 'sshd:x:101:65534::/run/sshd:/bin/false'];
  writeFileSync(join(folder, 'passwd'), `${users.join('\n')}\n`);
  const config = [
    `Port ${port}`,
    ...['ListenAddress 127.0.0.1', 'HostKey /etc/ssh/host', 'UsePAM no', 'PidFile none'],
    ...['PermitRootLogin yes', `PasswordAuthentication ${takes === 'password' ? 'yes' : 'no'}`],
    ...['KbdInteractiveAuthentication no', 'LogLevel VERBOSE', 'SetEnv HOME=/root'],
  ];
  writeFileSync(join(ssh, 'sshd_config'), `${config.join('\n')}\n`);
  const argv = ['--mount', '--propagation', 'private', 'sh', '-c', enter, 'sh', folder];
  const sshd = spawn('unshare', argv, { stdio: ['ignore', 'ignore', 'pipe'] });
  const exited = new Promise<void>((resolve) => sshd.once('exit', () => resolve()));
  let log = '';
  await new Promise<void>((resolve, reject) => {
    sshd.stderr.setEncoding('utf8').on('data', (text: string) => {
      log += text;
      if (log.includes('Server listening')) resolve();
    });
    sshd.once('exit', (code) => reject(new Error(`the rescue sshd exited with ${code}: ${log}`)));
  });
  const count = (words: string) => log.split(`${words} password for root`).length - 1;
  return {
    port,
    hostKey: hostKey.publicKey,
    passwords: () => ({ refused: count('Failed'), accepted: count('Accepted') }),
    [Symbol.asyncDispose]: async () => {
      sshd.kill();
      await exited;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
