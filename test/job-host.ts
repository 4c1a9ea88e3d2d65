import { execFileSync } from 'node:child_process';
import {
  constants,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';

import { vi } from 'vitest';

import { readBootId } from '../src/ssh/boot-id.ts';
import { connect } from '../src/ssh/connection.ts';
import type { SshConnection } from '../src/ssh/connection.ts';
import type { JobRequest } from '../src/ssh/job.ts';
import { installScripts } from '../src/ssh/scripts.ts';
import type { RemoteScripts } from '../src/ssh/scripts.ts';
import { startLocalSshd } from './local-sshd.ts';
import type { LocalSshd } from './local-sshd.ts';

export const patience = { timeout: 15_000, interval: 20 };

export type JobShell = { shell: string; program: string; tools: string[] };

/** The system's own tools, with `sh` from the shell under test; busybox brings its tools too. */
const knownShells: JobShell[] = [
  { shell: 'dash', program: '/usr/bin/dash', tools: ['sh'] },
  { shell: 'bash', program: '/usr/bin/bash', tools: ['sh'] },
  {
    shell: 'busybox',
    program: '/usr/bin/busybox',
    tools:
      'sh base64 cat cut date dirname mkdir mktemp mv rm setsid sha256sum tail tar tr wc'.split(
        ' ',
      ),
  },
];

/** Those that this machine has. */
export const jobShells = knownShells.filter(({ program }) => existsSync(program));

/** Counts its runs, says where it is, and ends when the gate opens. */
const waitScript = `main() {
  echo run >>"$1/runs"
  echo '500 2000 bytes writing to WD-1' >"$JOB_PROGRESS.new"
  mv "$JOB_PROGRESS.new" "$JOB_PROGRESS"
  read -r _ <"$1/gate"
  echo through >"$JOB_OUT/gate"
}
main "$@"
`;

/** A server for jobs, with a shell of its own: a real sshd on this machine. */
export class JobHost {
  /** All of it, removed by `stop`. */
  readonly #root: string;
  readonly sshd: LocalSshd;
  readonly connection: SshConnection;
  readonly scripts: RemoteScripts;
  /** Folder of the scripts that are put on it. */
  readonly source: string;
  readonly bootId: string;
  #jobs = 0;

  private constructor(
    root: string,
    sshd: LocalSshd,
    connection: SshConnection,
    scripts: RemoteScripts,
    bootId: string,
  ) {
    this.#root = root;
    this.source = join(root, 'scripts');
    this.sshd = sshd;
    this.connection = connection;
    this.scripts = scripts;
    this.bootId = bootId;
  }

  /** `more` are scripts beside those of src/remote and `wait`, by their names. */
  static async start({ program, tools }: JobShell, more: Record<string, string> = {}) {
    const root = mkdtempSync('/tmp/ironstep-jobs-');
    const bin = join(root, 'bin');
    mkdirSync(bin);
    for (const tool of tools) symlinkSync(program, join(bin, tool));
    const source = join(root, 'scripts');
    cpSync(join(import.meta.dirname, '../src/remote'), source, { recursive: true });
    for (const [name, text] of Object.entries({ wait: waitScript, ...more })) {
      writeFileSync(join(source, `${name}.sh`), text);
    }
    const path = `${bin}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`;
    const sshd = await startLocalSshd({ env: { PATH: path, IRONSTEP_RUN: join(root, 'run') } });
    const connection = await connect(sshd.target(), { connectTimeoutMs: 15_000 });
    const scripts = await installScripts(connection, { sudo: false, source });
    return new JobHost(root, sshd, connection, scripts, await readBootId(connection));
  }

  async stop(): Promise<void> {
    await this.connection.close();
    await this.sshd.stop();
    rmSync(this.#root, { recursive: true, force: true });
  }

  get runFolder(): string {
    return join(this.#root, 'run');
  }

  /** A job that waits until its gate is opened; nobody has asked for it yet. */
  waitingJob(): WaitingJob {
    this.#jobs += 1;
    const key = `job-${this.#jobs}`;
    const folder = join(this.#root, key);
    const request = { key, attempt: 1, bootId: this.bootId, script: 'wait', args: [folder] };
    return new WaitingJob(folder, join(this.runFolder, 'jobs', this.bootId, key), request);
  }
}

/** A job of wait.sh, seen from outside. */
export class WaitingJob {
  /** Of all its attempts, on the host. */
  readonly workFolder: string;
  readonly request: JobRequest;
  readonly #folder: string;
  readonly #gate: number;

  constructor(folder: string, workFolder: string, request: JobRequest) {
    this.#folder = folder;
    this.workFolder = workFolder;
    this.request = request;
    mkdirSync(folder);
    execFileSync('mkfifo', [join(folder, 'gate')]);
    // Read-write, so that neither end of the pipe waits for the other.
    this.#gate = openSync(join(folder, 'gate'), constants.O_RDWR);
  }

  openGate(): void {
    writeSync(this.#gate, '\n');
  }

  /** How often its command was started. */
  runs(): number {
    const file = join(this.#folder, 'runs');
    return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n').length : 0;
  }

  async untilRuns(count: number): Promise<void> {
    await vi.waitUntil(() => this.runs() === count, patience);
  }

  supervisorPid(): number {
    return Number(readFileSync(join(this.workFolder, 'pid'), 'utf8'));
  }
}
