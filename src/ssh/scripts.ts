import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import { deadlines } from '../run/deadlines.ts';
import type { SshConnection } from './connection.ts';
import type { ExecOptions, ExecResult } from './exec.ts';
import { tarOf } from './tar.ts';

export type InstallScriptsOptions = {
  /** Lift the login to root with `sudo -n`. @default true unless the login is root */
  sudo?: boolean;
  /** A folder of scripts with `job.sh` and `receive-scripts.sh`. @default src/remote */
  source?: string;
};

/** The scripts of src/remote on one server, in one boot. They run as root. */
export type RemoteScripts = {
  /** host:port, for messages. */
  where: string;
  /** On the server: /run/ironstep/scripts-<digest>. */
  folder: string;
  /** Runs NAME.sh. Any exit is a result. Errors as `SshConnection.exec`. */
  run(name: string, args: string[], options?: ExecOptions): Promise<ExecResult>;
  /** As `run`, and throws RemoteCommandFailed when the exit is not 0. */
  runOk(name: string, args: string[], options?: ExecOptions): Promise<ExecResult>;
};

/**
 * Puts src/remote/*.sh on the server, once per boot and version: complete or not at all, mode
 * 0700, root's. Safe to call in every activity: when they are there, nothing is written.
 *
 * @throws RemoteCommandFailed when the server cannot take them, SshConnectionLost.
 */
export async function installScripts(
  connection: SshConnection,
  options: InstallScriptsOptions = {},
): Promise<RemoteScripts> {
  const { sudo = connection.user !== 'root', source = remoteScriptsFolder() } = options;
  const asRoot = sudo ? ['sudo', '-n'] : [];
  const files = await readScripts(source);
  const receiver = files['receive-scripts.sh'];
  if (receiver === undefined) throw new Error(`${source} has no receive-scripts.sh`);
  const { stdout } = await connection.execOk(
    [...asRoot, 'sh', '-c', receiver, 'sh', digestOf(files)],
    { stdin: tarOf(files), timeoutMs: deadlines.commandMs },
  );
  // The last line: a ~/.bashrc that prints something would come before it.
  const folder = stdout.trimEnd().split('\n').at(-1) ?? '';
  const argv = (name: string, args: string[]) => [...asRoot, 'sh', `${folder}/${name}.sh`, ...args];
  return {
    where: connection.where,
    folder,
    run: (name, args, execOptions) => connection.exec(argv(name, args), execOptions),
    runOk: (name, args, execOptions) => connection.execOk(argv(name, args), execOptions),
  };
}

/** src/remote, seen from src/ssh under tsx and from dist/ssh in the package. */
function remoteScriptsFolder(): string {
  const beside = fileURLToPath(new URL('../remote', import.meta.url));
  return existsSync(beside) ? beside : fileURLToPath(new URL('../../src/remote', import.meta.url));
}

async function readScripts(folder: string): Promise<Record<string, string>> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.sh')).toSorted();
  const texts = await Promise.all(names.map((name) => readFile(`${folder}/${name}`, 'utf8')));
  return Object.fromEntries(names.map((name, index) => [name, texts[index] ?? '']));
}

/** What `sha256sum ./*.sh | sha256sum` says on the server: over names and contents. */
function digestOf(files: Record<string, string>): string {
  const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
  const lines = Object.entries(files).map(([name, text]) => `${sha256(text)}  ./${name}\n`);
  return sha256(lines.join('')).slice(0, 12);
}
