import { cancellationSignal, log } from '@temporalio/activity';

import { deadlines } from '../run/deadlines.ts';
import type { Pace } from '../run/pace.ts';
import type { RunTarget, System } from '../run/plan.ts';
import { runsFromDisk } from '../run/system-identity.ts';
import {
  SshAuthRefused,
  SshConnectionLost,
  SshHostKeyMismatch,
  SshUnreachable,
} from '../ssh/errors.ts';
import { formatDeadline } from '../spec/units.ts';
import type { HostKeyPolicy } from '../ssh/host-key.ts';
import type { RemoteScripts } from '../ssh/scripts.ts';
import { probeBanner } from '../ssh/probe.ts';
import { beat } from './beat.ts';
import type { Dependencies } from './dependencies.ts';
import { openAny, type OpenSystem } from './open-system.ts';
import { RefusedOnHost, ServerSilent } from './run-errors.ts';
import { waitForAnswer } from './wait-for-answer.ts';

/** What is waited for after a reset. Times are epoch milliseconds of the worker. */
export type RescueWait = {
  sentAtMs: number;
  giveUpAfterMs: number;
  /** Boots that were seen before the reset: none of them is the one waited for. */
  knownBootIds: string[];
  /** The person's own keys, which the session admits beside ours. */
  authorizedKeys?: string[];
  pace: Pace;
};

/** A banner that takes half a minute belongs to a server that has hardly any life left. */
const patientLooks = 6;

/** From the boot target to a rescue system that is proven to be the one of this boot. */
export function createRescueActivities(dependencies: Dependencies) {
  return {
    /**
     * Monitoring off, rescue armed with our key. Returns the provider's highest task id, the
     * watermark by which `hardReset` knows its own task again. Idempotent: writes what differs.
     */
    async armRescue(
      target: RunTarget,
      image: string | null,
    ): Promise<{ image: string; watermark: number }> {
      const provider = await dependencies.provider(target.provider);
      const signal = cancellationSignal();
      await dependencies.confirmAttempt();
      await provider.quiesce(signal);
      const { publicKey } = dependencies.keyPair(target.provider, 'rescue');
      const armed = await provider.armRescue(
        { publicKey, ...(image === null ? {} : { image }) },
        signal,
      );
      return { image: armed.image, watermark: await provider.latestTaskId(signal) };
    },

    /**
     * Which system answers now, before anything is rebooted: the installed one under its derived
     * host key, a rescue session of ours (which is used as it is, never reset: its job may still be
     * running), or nothing that knows us. With `patient`, silence is asked again: an earlier run
     * may have left work behind, which keeps the server busy. Read-only but for the claim.
     */
    async whoAnswers(
      target: RunTarget,
      patient: boolean,
      authorizedKeys: string[] = [],
    ): Promise<System | null> {
      if (!(await showsBanner(target, patient ? patientLooks : 1))) return null;
      const wait = { sentAtMs: Date.now(), knownBootIds: [], authorizedKeys };
      const rescue = await askForRescue(dependencies, target, wait, Date.now());
      if (typeof rescue !== 'string') return rescue;
      return askForOurInstalled(dependencies, target);
    },

    /**
     * Waits for the rescue system of this boot. Proven over SSH: it takes our rescue key, its root
     * is in RAM, and its boot id is new. Claims it for us, and lets the person's own keys in.
     * Throws ServerSilent when time is up.
     */
    async waitForRescue(target: RunTarget, wait: RescueWait): Promise<System> {
      const deadlineMs = wait.sentAtMs + wait.giveUpAfterMs;
      return waitForAnswer<System>({
        target,
        pace: wait.pace,
        deadlineMs,
        look: async (answeredAtMs) => {
          beat({ label: 'something answers; asking who it is' });
          return askForRescue(dependencies, target, wait, answeredAtMs);
        },
        silent: (seen) =>
          new ServerSilent(
            `Rescue did not come up on ${target.server} within ` +
              `${formatDeadline(wait.giveUpAfterMs)}. Last seen: ${seen}. ` +
              `The disk was not touched by this attempt.`,
          ),
      });
    },
  };
}

/**
 * A network in front of a dead machine may take the connection and stay silent (QEMU's does):
 * asking for a login there would cost two handshake timeouts, measured 40 s.
 */
export async function showsBanner(target: RunTarget, looks: number): Promise<boolean> {
  for (let look = 1; look <= looks; look += 1) {
    const { kind } = await probeBanner(target.address, target.sshPort, deadlines.bannerMs);
    if (kind !== 'silent') return kind === 'banner';
  }
  return false;
}

/**
 * Asks whoever answers for a rescue system of ours in a new boot, and claims it; a string says what
 * was seen instead.
 */
export async function askForRescue(
  dependencies: Dependencies,
  target: RunTarget,
  wait: Pick<RescueWait, 'sentAtMs' | 'knownBootIds' | 'authorizedKeys'>,
  answeredAtMs: number,
): Promise<System | string> {
  return lookForRescue(dependencies, target, wait, answeredAtMs, ({ scripts }) =>
    claim(dependencies, target, scripts, wait.authorizedKeys ?? []),
  );
}

/** As `askForRescue`, but claims nothing; `use` is called with the session that is proven. */
export async function lookForRescue(
  dependencies: Dependencies,
  target: RunTarget,
  wait: Pick<RescueWait, 'sentAtMs' | 'knownBootIds'>,
  answeredAtMs: number,
  use: (open: OpenSystem) => Promise<void> = async () => {},
): Promise<System | string> {
  try {
    await using open = await openAny(dependencies, target, 'rescue', { kind: 'first-use' });
    const { identity } = open;
    if (runsFromDisk(identity)) return `a system that runs from ${identity.rootSource} answered`;
    if (wait.knownBootIds.includes(identity.bootId)) return 'the rescue of an earlier boot answers';
    await use(open);
    return {
      kind: 'rescue',
      bootId: identity.bootId,
      hostKey: open.connection.hostKey,
      user: 'root',
      waitedMs: Math.max(0, answeredAtMs - wait.sentAtMs),
      kernel: identity.kernel,
    };
  } catch (error) {
    if (error instanceof SshAuthRefused)
      return 'a system that does not take our rescue key answered';
    if (isSilence(error)) return (error as Error).message;
    throw error;
  }
}

/** An OS that ironstep installed earlier has a host key that only this worker's secret derives. */
export async function askForOurInstalled(
  dependencies: Dependencies,
  target: RunTarget,
): Promise<System | null> {
  const hostKey = dependencies.keyPair(target.provider, 'host').publicKey;
  try {
    const pinned: HostKeyPolicy = { kind: 'pinned', keys: [hostKey] };
    await using open = await openAny(dependencies, target, 'installed', pinned);
    const { bootId, kernel } = open.identity;
    return { kind: 'installed', bootId, hostKey, user: 'core', waitedMs: 0, kernel };
  } catch (error) {
    if (isSilence(error) || error instanceof SshHostKeyMismatch) return null;
    throw error;
  }
}

async function claim(
  dependencies: Dependencies,
  target: RunTarget,
  scripts: RemoteScripts,
  authorizedKeys: string[],
): Promise<void> {
  const owner = dependencies.keyPair(target.provider, 'rescue').fingerprint;
  const stdin = authorizedKeys.map((key) => `${key}\n`).join('');
  const result = await scripts.run('claim', [owner], { stdin });
  if (result.exitCode === 0) {
    if (result.stderr !== '') log.warn('rescue takes no key but ours', { seen: result.stderr });
    return;
  }
  throw new RefusedOnHost(
    `The rescue system of ${target.server} is in use by another ironstep: ` +
      `${result.stderr.trim()}. Nothing was changed. End that run first.`,
  );
}

function isSilence(error: unknown): boolean {
  return (
    error instanceof SshUnreachable ||
    error instanceof SshConnectionLost ||
    error instanceof SshAuthRefused
  );
}
