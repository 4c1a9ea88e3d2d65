import { execFile, execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

import { Service } from './service.ts';

const run = promisify(execFile);

/** Where Debian's postgresql packages put the programs of each version. */
const installed = '/usr/lib/postgresql';
/** The user that Debian's package makes; PostgreSQL refuses to run as root. */
const systemUser = 'postgres';
const startsWithinMs = 30_000;

/** A PostgreSQL of its own: a cluster in a folder, on a port, run by an unprivileged user. */
export type Postgres = {
  service: Service;
  port: number;
  user: string;
  passwordFile: string;
  /** `15.18` */
  version: string;
  /** Removes the cluster; stop the service first. */
  remove: () => void;
};

/** Makes a new cluster with a password of its own and starts it. `folder`: for log and pid file. */
export async function startPostgres(folder: string, port: number): Promise<Postgres> {
  const programs = newestPrograms();
  const home = mkdtempSync(join(tmpdir(), 'ironstep-postgres-'));
  const passwordFile = join(home, 'password');
  const cluster = join(home, 'cluster');
  const user = 'temporal';
  writeFileSync(passwordFile, randomBytes(18).toString('hex'), { mode: 0o600 });
  giveAway(home, passwordFile);
  const [program, ...args] = asUnprivileged(
    ...[join(programs, 'initdb'), '--pgdata', cluster, '--username', user],
    ...['--pwfile', passwordFile, '--auth', 'scram-sha-256', '--encoding', 'UTF8', '--no-locale'],
  );
  await run(program, args, { cwd: home });
  const service = new Service({
    name: 'postgres',
    command: asUnprivileged(
      ...[join(programs, 'postgres'), '-D', cluster, '-p', `${port}`, '-k', home],
      ...['-c', 'listen_addresses=127.0.0.1', '-c', 'max_connections=200'],
    ),
    env: { PATH: process.env['PATH'] },
    folder,
  });
  await waitUntilReady(join(programs, 'pg_isready'), port);
  const version = execFileSync(join(programs, 'postgres'), ['--version'], { encoding: 'utf8' });
  return {
    service,
    port,
    user,
    passwordFile,
    version: /\d+\.\d+/.exec(version)?.[0] ?? version.trim(),
    remove: () => rmSync(home, { recursive: true, force: true }),
  };
}

async function waitUntilReady(pgIsReady: string, port: number): Promise<void> {
  for (const untilMs = Date.now() + startsWithinMs; ; await sleep(100)) {
    try {
      await run(pgIsReady, ['--quiet', '--host', '127.0.0.1', '--port', `${port}`]);
      return;
    } catch (error) {
      if (Date.now() > untilMs) throw error;
    }
  }
}

function newestPrograms(): string {
  const versions = readdirSync(installed).toSorted((one, other) => Number(other) - Number(one));
  return join(installed, versions[0] ?? '', 'bin');
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}

function giveAway(...paths: string[]): void {
  if (!isRoot()) return;
  const number = (flag: string) => Number(execFileSync('id', [flag, systemUser]));
  for (const path of paths) chownSync(path, number('-u'), number('-g'));
}

function asUnprivileged(...command: [string, ...string[]]): [string, ...string[]] {
  if (!isRoot()) return command;
  const user = ['--reuid', systemUser, '--regid', systemUser, '--clear-groups'];
  return ['setpriv', ...user, '--', ...command];
}
