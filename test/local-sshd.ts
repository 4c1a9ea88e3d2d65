import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import type { SshTarget } from '../src/ssh/connection.ts';

const sshdProgram = '/usr/sbin/sshd';

/** Why a test that needs a real sshd cannot run here; null when it can. */
export const noSshd = existsSync(sshdProgram) ? null : 'no /usr/sbin/sshd';

/** A key made for this test run. */
export type TestKey = { privateKey: string; publicKey: string };

/** A real OpenSSH server on loopback with keys of its own; it logs in the user who runs it. */
export type LocalSshd = {
  port: number;
  /** Removed by `stop`. */
  folder: string;
  /** In the order in which the server prefers them. */
  hostKeys: TestKey[];
  /** The one key that it lets in. */
  loginKey: TestKey;
  /** How to reach it, with its first host key pinned. */
  target(changes?: Partial<SshTarget>): SshTarget;
  stop(): Promise<void>;
};

/** `env` is the environment of every command, over what sshd sets. */
export async function startLocalSshd(
  options: { hostKeyTypes?: string[]; env?: Record<string, string> } = {},
): Promise<LocalSshd> {
  const { hostKeyTypes = ['ed25519'], env = {} } = options;
  const folder = mkdtempSync(join(tmpdir(), 'ironstep-sshd-'));
  const hostKeys = hostKeyTypes.map((type) => makeKey(folder, `host-${type}`, type));
  const loginKey = makeKey(folder, 'login', 'ed25519');
  writeFileSync(join(folder, 'authorized_keys'), loginKey.publicKey);
  const port = await freePort();
  const assignments = Object.entries(env).map(([name, value]) => `"${name}=${value}"`);
  const config = [
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    ...hostKeyTypes.map((type) => `HostKey ${folder}/host-${type}`),
    `AuthorizedKeysFile ${folder}/authorized_keys`,
    'StrictModes no',
    'UsePAM no',
    'PermitRootLogin prohibit-password',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'PidFile none',
    'MaxStartups 100',
    // One line: sshd reads the first SetEnv only. bash under sshd reads ~/.bashrc: not this one's.
    `SetEnv ${[`HOME=${folder}`, ...assignments].join(' ')}`,
  ];
  writeFileSync(join(folder, 'sshd_config'), `${config.join('\n')}\n`);
  const stop = await listen(join(folder, 'sshd_config'));
  return {
    port,
    folder,
    hostKeys,
    loginKey,
    target: (changes) => ({
      host: '127.0.0.1',
      port,
      user: userInfo().username,
      privateKey: loginKey.privateKey,
      hostKey: { kind: 'pinned', keys: [hostKeys[0]?.publicKey ?? ''] },
      ...changes,
    }),
    stop: async () => {
      await stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Keys are made at run time; none is ever in the repository. */
export function makeKey(folder: string, name: string, type = 'ed25519'): TestKey {
  const file = join(folder, name);
  execFileSync('ssh-keygen', ['-q', '-t', type, '-N', '', '-C', name, '-f', file]);
  return {
    privateKey: readFileSync(file, 'utf8'),
    publicKey: readFileSync(`${file}.pub`, 'utf8').trim(),
  };
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Resolves when sshd says that it listens. */
async function listen(configFile: string): Promise<() => Promise<void>> {
  // Debian's unit makes it; without systemd nobody has.
  if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
  const sshd = spawn(sshdProgram, ['-D', '-e', '-f', configFile], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const exited = new Promise<void>((resolve) => sshd.once('exit', () => resolve()));
  let log = '';
  await new Promise<void>((resolve, reject) => {
    sshd.stderr.setEncoding('utf8').on('data', (text: string) => {
      log += text;
      if (log.includes('Server listening')) resolve();
    });
    sshd.once('exit', (code) => reject(new Error(`sshd exited with ${code}: ${log}`)));
  });
  return async () => {
    sshd.kill();
    await exited;
  };
}
