import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

import type { CommandLine } from './own-program.ts';
import { removePidFile, writePidFile } from './pid-file.ts';

/**
 * Never at once: Temporal that is restarted in the instant of its death finds its port still taken
 * and gives up; 0.2 s was always enough (measured, CLI 1.9.1).
 */
const firstPauseMs = 200;
const longestPauseMs = 10_000;
/** A child that ran this long has started well, so its next death begins with short pauses. */
const steadyMs = 30_000;

/** What to run, and where to note it. */
export type ChildPlan = {
  name: string;
  command: CommandLine;
  env: NodeJS.ProcessEnv;
  logPath: string;
  pidPath: string;
  /** How long it may take to end after SIGTERM before it is killed. */
  graceMs: number;
  /** Hears the number of every process that is started, and null when it is over. */
  onPid: (pid: number | null) => Promise<void>;
  /** Hears of every end that nobody asked for. */
  log: (line: string) => void;
};

/** A process that is started again whenever it dies, with growing pauses, until it is stopped. */
export class SupervisedChild {
  readonly #stopping = new AbortController();
  readonly #over: Promise<void>;

  constructor(plan: ChildPlan) {
    this.#over = keepRunning(plan, this.#stopping.signal);
  }

  /** Ends the process: SIGTERM, and SIGKILL after the grace. Returns when it is over. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#over;
  }
}

async function keepRunning(plan: ChildPlan, stopping: AbortSignal): Promise<void> {
  let pauseMs = firstPauseMs;
  while (!stopping.aborted) {
    const beganMs = performance.now();
    const end = await runOnce(plan, stopping);
    if (stopping.aborted) return;
    if (performance.now() - beganMs > steadyMs) pauseMs = firstPauseMs;
    plan.log(`${plan.name} ended (${end}), starts again in ${pauseMs / 1000}s; ${plan.logPath}`);
    await sleep(pauseMs, undefined, { signal: stopping }).catch(() => undefined);
    pauseMs = Math.min(pauseMs * 2, longestPauseMs);
  }
}

/** Runs the process to its end, which it returns in words. */
async function runOnce(plan: ChildPlan, stopping: AbortSignal): Promise<string> {
  const log = await open(plan.logPath, 'a', 0o600);
  const [program, ...args] = plan.command;
  const child = spawn(program, args, {
    env: plan.env,
    stdio: ['ignore', log.fd, log.fd],
    // A group of its own, so that Ctrl-C reaches `dev` alone, which ends its children in order.
    detached: true,
  });
  const over = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  const end = () => terminate(child, plan.graceMs);
  stopping.addEventListener('abort', end, { once: true });
  try {
    if (child.pid !== undefined) await note(plan, child.pid);
    const [code, signal] = await over;
    return signal ?? `exit code ${code}`;
  } catch (error) {
    // It could not be started (then `exit` never comes), or not be noted: then nobody could end
    // it after us.
    if (child.pid !== undefined) {
      end();
      await over;
    }
    return (error as Error).message;
  } finally {
    stopping.removeEventListener('abort', end);
    await log.close();
    await removePidFile(plan.pidPath);
    await plan.onPid(null);
  }
}

async function note(plan: ChildPlan, pid: number): Promise<void> {
  await writePidFile(plan.pidPath, pid);
  await plan.onPid(pid);
}

function terminate(child: ChildProcess, graceMs: number): void {
  child.kill('SIGTERM');
  const killing = setTimeout(() => child.kill('SIGKILL'), graceMs);
  child.once('exit', () => clearTimeout(killing));
}
