import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../fixtures/observed-worker.ts', import.meta.url));

/** A worker in a process of its own, with every line that it writes. */
export class WorkerProcess {
  readonly lines: string[] = [];
  readonly #child: ChildProcess;
  /** Its exit code, once it is over and has said everything. */
  readonly over: Promise<number>;

  constructor(env: NodeJS.ProcessEnv, ...args: string[]) {
    this.#child = spawn(process.execPath, ['--import', 'tsx', program, ...args], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.over = once(this.#child, 'close').then(([code]) => Number(code ?? Number.NaN));
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      if (stream) createInterface(stream).on('line', (line) => this.lines.push(line));
    }
  }

  /** Asks it to end, and returns its exit code. */
  async stop(): Promise<number> {
    this.#child.kill('SIGTERM');
    return this.over;
  }
}
