import type { RunTarget, System } from '../run/plan.ts';
import { SshAuthRefused, SshHostKeyMismatch } from '../ssh/errors.ts';
import { askForInstalled, cameNotUp, type DiskBootWait } from './boot.ts';
import type { Dependencies } from './dependencies.ts';
import { askForRescue } from './rescue-answer.ts';
import { waitForAnswer } from './wait-for-answer.ts';

/** What answers after a boot from a disk of which it may not be known what is on it. */
export type DiskAnswer =
  /** The system that ironstep installed; it let us in. */
  | { kind: 'installed'; system: System }
  /** That system, by its host key; but it takes no login of ours. */
  | { kind: 'locked'; waitedMs: number }
  /** Another system, under this host key (SHA256); null: of a type that we do not pin. */
  | { kind: 'foreign'; hostKeyFingerprint: string | null; waitedMs: number };

/** A wait for whatever is on the disk. With `ours`, nothing but our own system counts. */
export type AnyDiskWait = DiskBootWait & { ours: boolean };

/** The end of a rescue session that somebody leaves by hand. */
export function createDiskAnswerActivities(dependencies: Dependencies) {
  return {
    /**
     * Waits for the system on the disk. Ours is proven as `waitForInstalled` does; a login that is
     * refused for longer than a boot takes to admit it stays refused. Read-only. Throws
     * SshHostKeyMismatch when our system is on the disk and another one answers, and ServerSilent.
     */
    async waitForDisk(target: RunTarget, wait: AnyDiskWait): Promise<DiskAnswer> {
      return waitForAnswer<DiskAnswer>({
        target,
        pace: wait.pace,
        deadlineMs: wait.sentAtMs + wait.deadlineMs,
        look: (answeredAtMs) => ask(dependencies, target, wait, answeredAtMs),
        silent: (seen) => cameNotUp(target, wait, seen),
      });
    },
  };
}

async function ask(
  dependencies: Dependencies,
  target: RunTarget,
  wait: AnyDiskWait,
  answeredAtMs: number,
): Promise<DiskAnswer | string> {
  const waitedMs = Math.max(0, answeredAtMs - wait.sentAtMs);
  try {
    const system = await askForInstalled(dependencies, target, wait, answeredAtMs);
    return typeof system === 'string' ? system : { kind: 'installed', system };
  } catch (error) {
    if (error instanceof SshAuthRefused) {
      if (waitedMs > wait.pace.oldSystemDeadlineMs) return { kind: 'locked', waitedMs };
      return 'it answers, but takes no key yet';
    }
    if (!(error instanceof SshHostKeyMismatch) || wait.ours) throw error;
    const rescue = await askForRescue(dependencies, target, wait, answeredAtMs);
    if (typeof rescue !== 'string') return 'a rescue system answers, not the one on the disk';
    return { kind: 'foreign', hostKeyFingerprint: error.offered, waitedMs };
  }
}
