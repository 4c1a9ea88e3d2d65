import { readFileSync } from 'node:fs';
import { readFile, rm, stat } from 'node:fs/promises';

import { replaceFile } from './replace-file.ts';

/** Ticks of /proc/PID/stat a second: 100 on every Linux that Node runs on (proc(5), USER_HZ). */
const ticksPerSecond = 100;
/** Boot time in /proc/stat is in whole seconds. */
const clockSlackMs = 2_000;

/** Notes which process does a job, as a plain number that a person can use with `kill`. */
export async function writePidFile(path: string, pid: number): Promise<void> {
  await replaceFile(path, `${pid}\n`);
}

/** Removes the note; it may be gone already. */
export async function removePidFile(path: string): Promise<void> {
  await rm(path, { force: true });
}

/**
 * The process that the file names, or null when it is over. A number that another process has got
 * since (after a reboot, say) does not count: a process that began after the file was written is
 * not the one that it names.
 */
export async function readLivePid(path: string): Promise<number | null> {
  const noted = await readNote(path);
  if (noted === null || !isAlive(noted.pid)) return null;
  const began = processBeganMs(noted.pid);
  return began !== null && began > noted.writtenMs + clockSlackMs ? null : noted.pid;
}

/**
 * Whether there is a process of this number, ours or not. One that has ended counts as over, also
 * while its parent has not asked for its exit code yet: in containers nobody may ever ask.
 */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  return !'ZX'.includes(statFields(pid)?.[0] ?? '-');
}

async function readNote(path: string): Promise<{ pid: number; writtenMs: number } | null> {
  try {
    const [text, { mtimeMs }] = await Promise.all([readFile(path, 'utf8'), stat(path)]);
    const pid = Number(text);
    return Number.isSafeInteger(pid) && pid > 1 ? { pid, writtenMs: mtimeMs } : null;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** When a process began, or null where there is no /proc. */
function processBeganMs(pid: number): number | null {
  const ticks = statFields(pid)?.[19];
  if (ticks === undefined) return null;
  const bootSeconds = Number(/^btime (\d+)$/m.exec(readFileSync('/proc/stat', 'utf8'))?.[1]);
  return (bootSeconds + Number(ticks) / ticksPerSecond) * 1000;
}

/** The fields of /proc/PID/stat from the third, the state, on; null where there is no /proc. */
function statFields(pid: number): string[] | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field, the name, may hold spaces and brackets.
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return null;
  }
}
