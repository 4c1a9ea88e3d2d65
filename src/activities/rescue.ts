import { cancellationSignal, log } from '@temporalio/activity';

import type { Pace } from '../run/pace.ts';
import type { RunTarget, System } from '../run/plan.ts';
import { formatDeadline } from '../spec/units.ts';
import { beat } from './beat.ts';
import type { Dependencies } from './dependencies.ts';
import { searchLogin, wordOf } from './obtain-login.ts';
import { askForOurInstalled, askForRescue, claimRescue, showsBanner } from './rescue-answer.ts';
import { ServerSilent } from './run-errors.ts';
import { waitForAnswer } from './wait-for-answer.ts';

/** What is waited for after a reset. Times are epoch milliseconds of the worker. */
export type RescueWait = {
  sentAtMs: number;
  giveUpAfterMs: number;
  /** Boots that were seen before the reset: none of them is the one waited for. */
  knownBootIds: string[];
  /** A reset or reboot was sent after this moment: what booted before it is not waited for. */
  bootedAfterMs?: number;
  /** Fingerprint of the host key that answered before the reset, of a system that is not ours. */
  oldHostKey?: string | null;
  /** The person's own keys, which the session admits beside ours. */
  authorizedKeys?: string[];
  /** From `armRescue`: where our key is refused, a password of this boot is looked for. */
  mailWatermark?: number | null;
  pace: Pace;
};

/** Asking a provider, a mailbox and a server for a login is not done at every look. */
const pollsPerLogin = 10;

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
    ): Promise<{ image: string; watermark: number; mailWatermark: number | null }> {
      const provider = await dependencies.provider(target.provider);
      const signal = cancellationSignal();
      await dependencies.confirmAttempt();
      await provider.quiesce(signal);
      const { publicKey } = dependencies.keyPair(target.provider, 'rescue');
      const armed = await provider.armRescue(
        { publicKey, ...(image === null ? {} : { image }) },
        signal,
      );
      const watermark = await provider.latestTaskId(signal);
      if (!armed.keyTaken) log.warn('the provider does not take our rescue key', { ...target });
      return { image: armed.image, watermark, mailWatermark: armed.mailWatermark };
    },

    /** The provider's best rescue image that was not tried yet; null when there is none. Read-only. */
    async otherRescueImage(target: RunTarget, tried: string[]): Promise<string | null> {
      const provider = await dependencies.provider(target.provider);
      const { rescueImages } = await provider.describe(cancellationSignal());
      return rescueImages.find((image) => !tried.includes(image)) ?? null;
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
     * Throws ServerSilent when time is up, or when a known system answers instead for so long that
     * it must be what has booted.
     */
    async waitForRescue(target: RunTarget, wait: RescueWait): Promise<System> {
      const deadlineMs = wait.sentAtMs + wait.giveUpAfterMs;
      const logins =
        wait.mailWatermark === undefined
          ? undefined
          : searchLogin(wait.mailWatermark, wait.pace.pollMs * pollsPerLogin);
      return waitForAnswer<System>({
        target,
        pace: wait.pace,
        deadlineMs,
        look: async (answeredAtMs) => {
          const label = 'something answers; asking who it is';
          beat({ label, ...(logins && wordOf(logins)) });
          const look = { ...wait, logins };
          const answer = await claimRescue(dependencies, target, look, answeredAtMs);
          if (answer.kind === 'rescue') return answer.system;
          const maybeYet = answer.kind === 'silent' || answer.kind === 'stranger';
          return maybeYet ? answer.seen : { another: answer.seen };
        },
        word: () => (logins ? wordOf(logins) : null),
        silent: (seen) =>
          new ServerSilent(
            `Rescue did not come up on ${target.server} within ` +
              `${formatDeadline(Math.min(Date.now() - wait.sentAtMs, wait.giveUpAfterMs))}. ` +
              `Last seen: ${seen}. ` +
              `The disk was not touched by this attempt.`,
          ),
      });
    },
  };
}
