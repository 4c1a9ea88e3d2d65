import { isDeepStrictEqual } from 'node:util';

import { activityInfo, cancellationSignal } from '@temporalio/activity';

import type { Pace } from '../run/pace.ts';
import type { RunTarget, System } from '../run/plan.ts';
import {
  SshAuthRefused,
  SshConnectionLost,
  SshHostKeyMismatch,
  SshUnreachable,
} from '../ssh/errors.ts';
import { formatDeadline } from '../spec/units.ts';
import { keyFingerprint, type HostKeyPolicy } from '../ssh/host-key.ts';
import { beat } from './beat.ts';
import type { Dependencies } from './dependencies.ts';
import { openAny, openSystem } from './open-system.ts';
import { HostWorkFailed, ServerRebooted, ServerSilent } from './run-errors.ts';
import { waitForAnswer } from './wait-for-answer.ts';

/** What is waited for after a reboot to disk. */
export type DiskBootWait = {
  sentAtMs: number;
  deadlineMs: number;
  /** The key that was put into the system's config before its first boot (invariant 8). */
  hostKey: string;
  /** The rescue system that may still answer for a moment: its key is no alarm. */
  leavingHostKey: string | null;
  knownBootIds: string[];
  pace: Pace;
};

/** The word that an attempt leaves before it sends a reboot. */
const rebooting = { label: 'rebooting from inside' };

/** From one system to the next: reboots from inside and the proof of what came up. */
export function createBootActivities(dependencies: Dependencies) {
  return {
    /** The next boot is from disk. Only after the disk may boot (invariant 3). Idempotent. */
    async armDisk(target: RunTarget): Promise<void> {
      const provider = await dependencies.provider(target.provider);
      await dependencies.confirmAttempt();
      await provider.armDisk(cancellationSignal());
    },

    /**
     * Reboots a proven system from inside, cleanly. Idempotent: the host does it only while it is
     * still that boot. Word is left in Temporal before it is sent; a later attempt that finds the
     * word and the system gone takes the reboot as sent.
     */
    async rebootFromInside(target: RunTarget, system: System): Promise<{ sentAtMs: number }> {
      const sentAtMs = Date.now();
      try {
        await using open = await openSystem(dependencies, target, system);
        beat(rebooting);
        await dependencies.confirmAttempt(rebooting);
        await open.scripts.runOk('reboot', [system.bootId]);
      } catch (error) {
        if (error instanceof ServerRebooted) return { sentAtMs };
        const gone = error instanceof SshUnreachable || error instanceof SshHostKeyMismatch;
        if (gone && isDeepStrictEqual(activityInfo().heartbeatDetails, rebooting))
          return { sentAtMs };
        throw error;
      }
      return { sentAtMs };
    },

    /**
     * Waits for the installed system: pinned host key, our login key, root on a disk, a boot id
     * that is new. Another host key stops the run, unless it is that of the rescue being left.
     */
    async waitForInstalled(target: RunTarget, wait: DiskBootWait): Promise<System> {
      return waitForAnswer<System>({
        target,
        pace: wait.pace,
        deadlineMs: wait.sentAtMs + wait.deadlineMs,
        look: async (answeredAtMs) => {
          try {
            return await askForInstalled(dependencies, target, wait, answeredAtMs);
          } catch (error) {
            if (error instanceof SshAuthRefused) return 'it answers, but takes no key yet';
            throw error;
          }
        },
        silent: (seen) => cameNotUp(target, wait, seen),
      });
    },

    /**
     * Waits until something else than the rescue system that is being left answers: an old system,
     * of whose keys nothing is known. Returns false when time is up. Read-only.
     */
    async waitForOldSystem(target: RunTarget, rescue: System, pace: Pace): Promise<boolean> {
      try {
        await waitForAnswer<object>({
          target,
          pace: { ...pace, waitAttemptMs: pace.oldSystemDeadlineMs },
          deadlineMs: Date.now() + pace.oldSystemDeadlineMs,
          look: () => askForAnother(dependencies, target, rescue),
          silent: (seen) => new ServerSilent(seen),
        });
        return true;
      } catch (error) {
        if (error instanceof ServerSilent) return false;
        throw error;
      }
    },

    /**
     * The OS may update and reboot itself again (invariant 11), and our login key goes when the
     * spec says so. Idempotent.
     */
    async releaseHold(target: RunTarget, system: System): Promise<void> {
      await using open = await openSystem(dependencies, target, system);
      const result = await open.scripts.run('release-hold', []);
      if (result.exitCode !== 0) {
        throw new HostWorkFailed(
          `The automatic updates of ${target.server} could not be released: ${result.stderr}`,
        );
      }
    },
  };
}

async function askForAnother(
  dependencies: Dependencies,
  target: RunTarget,
  rescue: System,
): Promise<object | string> {
  try {
    const pinned: HostKeyPolicy = { kind: 'pinned', keys: [rescue.hostKey] };
    await using _open = await openAny(dependencies, target, 'rescue', pinned);
    return 'the rescue system still answers';
  } catch (error) {
    if (error instanceof SshHostKeyMismatch) return {};
    if (error instanceof SshUnreachable || error instanceof SshConnectionLost) return error.message;
    throw error;
  }
}

/** The disk boot has failed. */
export function cameNotUp(
  { server }: RunTarget,
  { deadlineMs }: Pick<DiskBootWait, 'deadlineMs'>,
  seen: string,
): ServerSilent {
  return new ServerSilent(
    `${server} did not come up from its disk within ${formatDeadline(deadlineMs)}. ` +
      `Last seen: ${seen}.`,
  );
}

/**
 * Asks whoever answers for the installed system; a string says what was seen instead. Throws
 * SshHostKeyMismatch for another system than that and the rescue being left, and SshAuthRefused.
 */
export async function askForInstalled(
  dependencies: Dependencies,
  target: RunTarget,
  wait: DiskBootWait,
  answeredAtMs: number,
): Promise<System | string> {
  try {
    const pinned: HostKeyPolicy = { kind: 'pinned', keys: [wait.hostKey] };
    await using open = await openAny(dependencies, target, 'installed', pinned);
    if (wait.knownBootIds.includes(open.identity.bootId)) return 'the boot before still answers';
    return {
      kind: 'installed',
      bootId: open.identity.bootId,
      hostKey: wait.hostKey,
      user: 'core',
      waitedMs: Math.max(0, answeredAtMs - wait.sentAtMs),
      kernel: open.identity.kernel,
    };
  } catch (error) {
    const leaving = wait.leavingHostKey === null ? null : keyFingerprint(wait.leavingHostKey);
    if (error instanceof SshHostKeyMismatch && error.offered === leaving) {
      return 'the rescue system still answers';
    }
    if (error instanceof SshUnreachable || error instanceof SshConnectionLost) return error.message;
    throw error;
  }
}
