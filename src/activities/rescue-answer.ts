import { log } from '@temporalio/activity';

import { deadlines } from '../run/deadlines.ts';
import type { RunTarget, System } from '../run/plan.ts';
import { bootedAtMs, runsFromDisk } from '../run/system-identity.ts';
import { samePublicKey } from '../secrets/public-key.ts';
import {
  SshAuthRefused,
  SshConnectionLost,
  SshHostKeyMismatch,
  SshUnreachable,
} from '../ssh/errors.ts';
import { keyFingerprint, type HostKeyPolicy } from '../ssh/host-key.ts';
import { probeBanner } from '../ssh/probe.ts';
import type { RemoteScripts } from '../ssh/scripts.ts';
import type { Dependencies } from './dependencies.ts';
import { obtainLogin, type LoginOutcome, type LoginSearch } from './obtain-login.ts';
import { openAny, type OpenSystem } from './open-system.ts';
import { RefusedOnHost } from './run-errors.ts';

/** What a look at the answering system goes by. Times are epoch milliseconds of the worker. */
export type RescueLook = {
  sentAtMs: number;
  /** Boots that were seen before the reset: none of them is the one waited for. */
  knownBootIds: string[];
  /** A reset or reboot was sent after this moment: what booted before it is not waited for. */
  bootedAfterMs?: number;
  /** Fingerprint of the host key that answered before the reset, of a system that is not ours. */
  oldHostKey?: string | null;
  /** The person's own keys, which the session admits beside ours. */
  authorizedKeys?: string[];
  /** Absent: our key is the only way in. */
  logins?: LoginSearch | undefined;
};

/** What answered when a rescue system of ours was asked for. */
export type RescueAnswer =
  | { kind: 'rescue'; system: System }
  /** A system that is known, and is not the one that is asked for. */
  | { kind: 'earlier-rescue' | 'from-disk' | 'old-system'; seen: string }
  /** It takes no key of ours; it may be a rescue system with a password. */
  | { kind: 'stranger'; seen: string }
  | { kind: 'silent'; seen: string };

/** So far may the clocks of Temporal and of the worker be apart. */
const clockErrorMs = 2 * 60_000;

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
  const answer = await claimRescue(dependencies, target, look, answeredAtMs);
  return answer.kind === 'rescue' ? answer.system : answer.seen;
}

/** As `askForRescue`, and tells what kind of system answers instead. */
export async function claimRescue(
  dependencies: Dependencies,
  target: RunTarget,
  look: RescueLook,
  answeredAtMs: number,
): Promise<RescueAnswer> {
  const claimIt = ({ scripts }: OpenSystem) =>
    claim(dependencies, target, scripts, look.authorizedKeys ?? []);
  try {
    return await proveRescue(dependencies, target, look, answeredAtMs, claimIt);
  } catch (error) {
    const answer = answerOf(dependencies, target, look, error);
    const { logins } = look;
    if (answer.kind !== 'stranger' || !(error instanceof SshAuthRefused) || !logins) return answer;
    const stranger = { ...look, hostKey: error.hostKey };
    const login = await obtainLogin(dependencies, target, stranger, logins);
    if (login.kind !== 'placed') return { kind: 'stranger', seen: withoutLogin(target, login) };
    log.info('our key was placed with a password', { channel: login.channel });
    const pinned: HostKeyPolicy = { kind: 'pinned', keys: [login.hostKey] };
    return proveRescue(dependencies, target, look, answeredAtMs, claimIt, pinned).catch(
      (after: unknown) => answerOf(dependencies, target, look, after),
    );
  }
}

/** As `claimRescue`, but claims nothing, and takes our key only. */
export async function lookForRescue(
  dependencies: Dependencies,
  target: RunTarget,
  look: RescueLook,
  answeredAtMs: number,
): Promise<RescueAnswer> {
  return proveRescue(dependencies, target, look, answeredAtMs).catch((error: unknown) =>
    answerOf(dependencies, target, look, error),
  );
}

/** `use` is called with the session that is proven. Throws what opening it throws. */
async function proveRescue(
  dependencies: Dependencies,
  target: RunTarget,
  look: RescueLook,
  answeredAtMs: number,
  use: (open: OpenSystem) => Promise<void> = async () => {},
  hostKey: HostKeyPolicy = { kind: 'first-use' },
): Promise<RescueAnswer> {
  await using open = await openAny(dependencies, target, 'rescue', hostKey);
  const { identity } = open;
  if (runsFromDisk(identity)) {
    return { kind: 'from-disk', seen: `a system that runs from ${identity.rootSource} answered` };
  }
  const before = bootedAtMs(identity, Date.now()) + clockErrorMs < (look.bootedAfterMs ?? 0);
  if (before || look.knownBootIds.includes(identity.bootId)) {
    return { kind: 'earlier-rescue', seen: 'the rescue of an earlier boot answers' };
  }
  await use(open);
  const { bootId, kernel } = identity;
  const waitedMs = Math.max(0, answeredAtMs - look.sentAtMs);
  const system: System = {
    ...{ kind: 'rescue', bootId, hostKey: open.connection.hostKey, user: 'root', waitedMs, kernel },
  };
  return { kind: 'rescue', system };
}

/** What a failed look says; throws what is no answer of the server's. */
function answerOf(
  dependencies: Dependencies,
  target: RunTarget,
  { oldHostKey }: RescueLook,
  error: unknown,
): RescueAnswer {
  if (error instanceof SshAuthRefused) {
    if (samePublicKey(error.hostKey, dependencies.keyPair(target.provider, 'host').publicKey)) {
      return { kind: 'old-system', seen: 'the system that ironstep installed answers' };
    }
    if (oldHostKey && keyFingerprint(error.hostKey) === oldHostKey) {
      return { kind: 'old-system', seen: `the old system answers (host key ${oldHostKey})` };
    }
    return { kind: 'stranger', seen: strangerSeen };
  }
  if (isSilence(error)) return { kind: 'silent', seen: (error as Error).message };
  throw error;
}

const strangerSeen = 'a system that does not take our rescue key answered';

function withoutLogin(
  { server }: RunTarget,
  login: Exclude<LoginOutcome, { kind: 'placed' }>,
): string {
  if (login.kind === 'not-yet') return `${strangerSeen}; ${login.seen}`;
  const asked = `With a password of yours: ironstep credentials ${server}`;
  return `${strangerSeen}; tried: ${login.tried}. ${asked}`;
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
