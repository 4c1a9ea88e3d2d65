import { setTimeout as sleep } from 'node:timers/promises';

import { devChildren, devFile } from './dev-status.ts';
import { isAlive, readLivePid, removePidFile } from './pid-file.ts';

const lookMs = 50;

/** Ends a process that need not be our child: SIGTERM, and SIGKILL after the grace. */
export async function endProcess(pid: number, graceMs: number): Promise<void> {
  const deadlineMs = performance.now() + graceMs;
  sendSignal(pid, 'SIGTERM');
  while (isAlive(pid) && performance.now() < deadlineMs) await sleep(lookMs);
  if (isAlive(pid)) sendSignal(pid, 'SIGKILL');
  while (isAlive(pid)) await sleep(lookMs);
}

/** Ends what a killed `dev` left running. Returns whether there was something. */
export async function endOrphans(graceMs: number): Promise<boolean> {
  let found = false;
  for (const child of devChildren) {
    const path = devFile(`${child}.pid`);
    const pid = await readLivePid(path);
    if (pid !== null) {
      found = true;
      await endProcess(pid, graceMs);
    }
    await removePidFile(path);
  }
  return found;
}

function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    // It ended by itself in between.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
