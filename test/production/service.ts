import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import type { CommandLine } from '../../src/dev/own-program.ts';
import { isAlive, readLivePid } from '../../src/dev/pid-file.ts';
import { SupervisedChild } from '../../src/dev/supervised-child.ts';

const lookMs = 50;
const graceMs = 15_000;

/** What one service of a team's topology runs. */
export type ServicePlan = {
  name: string;
  command: CommandLine;
  env: NodeJS.ProcessEnv;
  /** Where its log and its pid file go. */
  folder: string;
};

/**
 * A process that is started again whenever it dies, as a container with `restart: unless-stopped`
 * is, and that can be kept from coming back for as long as an outage lasts.
 */
export class Service {
  readonly name: string;
  /** Ends that nobody asked for, in words: none is expected but those of an outage. */
  readonly ends: string[] = [];
  readonly #logPath: string;
  readonly #pidPath: string;
  readonly #gatePath: string;
  readonly #child: SupervisedChild;

  constructor({ name, command, env, folder }: ServicePlan) {
    this.name = name;
    this.#logPath = join(folder, `${name}.log`);
    this.#pidPath = join(folder, `${name}.pid`);
    this.#gatePath = join(folder, `${name}.away`);
    this.#child = new SupervisedChild({
      name,
      // The pid file names the shell, and after `exec` the service itself.
      command: ['sh', '-c', gate, this.#gatePath, ...command],
      env,
      logPath: this.#logPath,
      pidPath: this.#pidPath,
      graceMs,
      onPid: async () => undefined,
      log: (line) => void this.ends.push(line),
    });
  }

  /** SIGKILL to it and to all its children at once; it stays away until `comeBack`. */
  async kill(): Promise<void> {
    writeFileSync(this.#gatePath, '');
    const pid = await readLivePid(this.#pidPath);
    if (pid === null) throw new Error(`${this.name} does not run: ${this.log().slice(-1_000)}`);
    // The parent first, so that it starts nothing in place of a child.
    const all = [pid, ...childrenOf(pid)];
    for (const each of all) killIfThere(each);
    while (all.some(isAlive)) await sleep(lookMs);
  }

  comeBack(): void {
    rmSync(this.#gatePath, { force: true });
  }

  /** Ends it for good: SIGTERM, and SIGKILL after the grace. */
  async stop(): Promise<void> {
    this.comeBack();
    await this.#child.stop();
  }

  /** What it wrote so far. */
  log(): string {
    return readFileSync(this.#logPath, 'utf8');
  }
}

/** $0 is the file that keeps it away. */
const gate = 'while [ -e "$0" ]; do sleep 0.1; done; exec "$@"';

function childrenOf(pid: number): number[] {
  try {
    const text = execFileSync('ps', ['-o', 'pid=', '--ppid', `${pid}`], { encoding: 'utf8' });
    return text.split('\n').map(Number).filter(Boolean);
  } catch {
    // ps exits with 1 when there are none.
    return [];
  }
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
