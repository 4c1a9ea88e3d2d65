import { statSync } from 'node:fs';

import { devFile } from '../../src/dev/dev-status.ts';
import type { Strike } from './result.ts';
import type { PendingActivity } from './run-watch.ts';

/** Activities that watch a job on the host. */
const watchers = ['stageImage', 'writeImage', 'repartition'];

/**
 * How long a new worker needs to be at the job that a killed one was at: from the start of its
 * process to the start of the next attempt, by Temporal's clock, which is this machine's.
 */
export class Reattachment {
  readonly tookMs: number[] = [];
  #seen: PendingActivity | null = null;
  #left: PendingActivity | null = null;

  struck({ kind }: Strike): void {
    const working = this.#seen !== null && watchers.includes(this.#seen.name);
    this.#left = kind === 'worker-sigkill' && working ? this.#seen : null;
  }

  see(activity: PendingActivity): void {
    this.#seen = activity;
    if (this.#left === null || activity.attempt <= this.#left.attempt) return;
    // The pid file is written when the process has started.
    const startedAtMs = statSync(devFile('worker.pid'), { throwIfNoEntry: false })?.mtimeMs;
    if (activity.name === this.#left.name && startedAtMs !== undefined) {
      this.tookMs.push(Math.round(activity.startedAtMs - startedAtMs));
    }
    this.#left = null;
  }
}
