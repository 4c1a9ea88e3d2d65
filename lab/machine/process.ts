import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

import { readIfThere } from '../state-file.ts';

/**
 * The process that a pid file names, when it runs and its command line mentions `mark` (a number
 * alone may be another process by now). Null when there is none.
 */
export function findProcess(pidFile: string, mark: string): number | null {
  const pid = Number(readIfThere(pidFile)?.trim() || Number.NaN);
  if (!Number.isSafeInteger(pid) || pid <= 1) return null;
  return commandLine(pid)?.includes(mark) ? pid : null;
}

/** Arguments of a process; null when it does not run (a zombie has none either). */
function commandLine(pid: number): string[] | null {
  try {
    const text = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    return text === '' ? null : text.split('\0');
  } catch {
    return null;
  }
}

/** Waits until a process has gone. Returns false when it has not in time. */
export async function waitForExit(pid: number, timeoutMs: number): Promise<boolean> {
  const untilMs = Date.now() + timeoutMs;
  while (commandLine(pid) !== null) {
    if (Date.now() > untilMs) return false;
    await sleep(20);
  }
  return true;
}

/** SIGKILL, and waits until it has gone. A process that has gone already is fine. */
export async function killProcess(pid: number): Promise<void> {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
  await waitForExit(pid, 10_000);
}
