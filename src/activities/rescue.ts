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
import { obtainLogin, searchLogin, wordOf, type LoginSearch } from './obtain-login.ts';
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
  /** From `armRescue`: where our key is refused, a password of this boot is looked for. */
  mailWatermark?: number | null;
  pace: Pace;
};

/** What a look at the answering system goes by. */
type RescueLook = Pick<RescueWait, 'sentAtMs' | 'knownBootIds' | 'authorizedKeys'> & {
  /** Absent: our key is the only way in. */
  logins?: LoginSearch | undefined;
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
          return askForRescue(dependencies, target, { ...wait, logins }, answeredAtMs);
        },
        word: () => (logins ? wordOf(logins) : null),
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
 * was seen instead. With `logins`, a system that refuses our key gets it by a password, if one of
 * the provider's channels has it.
 */
export async function askForRescue(
  dependencies: Dependencies,
  target: RunTarget,
  look: RescueLook,
  answeredAtMs: number,
): Promise<System | string> {
  const claimIt = ({ scripts }: OpenSystem) =>
    claim(dependencies, target, scripts, look.authorizedKeys ?? []);
  try {
    return await proveRescue(dependencies, target, look, answeredAtMs, claimIt);
  } catch (error) {
    if (!(error instanceof SshAuthRefused) || look.logins === undefined) return seenInstead(error);
    const stranger = { ...look, hostKey: error.hostKey };
    const login = await obtainLogin(dependencies, target, stranger, look.logins);
    if (login.kind === 'not-yet') return `${seenInstead(error)}; ${login.seen}`;
    if (login.kind === 'exhausted') {
      return `${seenInstead(error)}; tried: ${login.tried}. With a password of yours: ironstep credentials ${target.server}`;
    }
    log.info('our key was placed with a password', { channel: login.channel });
    const pinned: HostKeyPolicy = { kind: 'pinned', keys: [login.hostKey] };
    return proveRescue(dependencies, target, look, answeredAtMs, claimIt, pinned).catch(
      seenInstead,
    );
  }
}

/** As `askForRescue`, but claims nothing, and takes our key only. */
export async function lookForRescue(
  dependencies: Dependencies,
  target: RunTarget,
  look: Pick<RescueLook, 'sentAtMs' | 'knownBootIds'>,
  answeredAtMs: number,
): Promise<System | string> {
  return proveRescue(dependencies, target, look, answeredAtMs).catch(seenInstead);
}

/** `use` is called with the session that is proven. Throws what opening it throws. */
async function proveRescue(
  dependencies: Dependencies,
  target: RunTarget,
  look: Pick<RescueLook, 'sentAtMs' | 'knownBootIds'>,
  answeredAtMs: number,
  use: (open: OpenSystem) => Promise<void> = async () => {},
  hostKey: HostKeyPolicy = { kind: 'first-use' },
): Promise<System | string> {
  await using open = await openAny(dependencies, target, 'rescue', hostKey);
  const { identity } = open;
  if (runsFromDisk(identity)) return `a system that runs from ${identity.rootSource} answered`;
  if (look.knownBootIds.includes(identity.bootId)) return 'the rescue of an earlier boot answers';
  await use(open);
  return {
    kind: 'rescue',
    bootId: identity.bootId,
    hostKey: open.connection.hostKey,
    user: 'root',
    waitedMs: Math.max(0, answeredAtMs - look.sentAtMs),
    kernel: identity.kernel,
  };
}

/** What a failed look says in words; throws what is no answer of the server's. */
function seenInstead(error: unknown): string {
  if (error instanceof SshAuthRefused) return 'a system that does not take our rescue key answered';
  if (isSilence(error)) return (error as Error).message;
  throw error;
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
