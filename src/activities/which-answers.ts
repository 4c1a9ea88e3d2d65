import type { Answering, KnownSystems } from '../run/answering.ts';
import type { RunTarget, System } from '../run/plan.ts';
import { runsFromDisk } from '../run/system-identity.ts';
import { deadlines } from '../run/deadlines.ts';
import {
  SshAuthRefused,
  SshConnectionLost,
  SshHostKeyMismatch,
  SshUnreachable,
} from '../ssh/errors.ts';
import { keyFingerprint, type HostKeyPolicy } from '../ssh/host-key.ts';
import { probeBanner } from '../ssh/probe.ts';
import type { Dependencies } from './dependencies.ts';
import { openAny, type OpenSystem } from './open-system.ts';
import { lookForRescue } from './rescue-answer.ts';

/** Asks the SSH port, then for a rescue system of ours, then for a system under our host key. */
export async function findWhichAnswers(
  dependencies: Dependencies,
  target: RunTarget,
  known: KnownSystems,
): Promise<Answering> {
  const probe = await probeBanner(target.address, target.sshPort, deadlines.bannerMs);
  if (probe.kind === 'refused') return { kind: 'refused' };
  if (probe.kind !== 'banner') return { kind: 'silent', seen: 'no SSH banner' };
  const wait = {
    sentAtMs: Date.now(),
    knownBootIds: known.bootIds,
    ...(known.bootedAfterMs === null ? {} : { bootedAfterMs: known.bootedAfterMs }),
  };
  const look = await lookForRescue(dependencies, target, wait, Date.now());
  if (look.kind === 'rescue') return look;
  if (look.kind === 'earlier-rescue') return { kind: 'earlier-rescue' };
  if (look.kind === 'silent') return { kind: 'silent', seen: look.seen };
  return findInstalled(dependencies, target, known, look.seen);
}

async function findInstalled(
  dependencies: Dependencies,
  target: RunTarget,
  known: KnownSystems,
  seen: string,
): Promise<Answering> {
  const hostKey = dependencies.keyPair(target.provider, 'host').publicKey;
  try {
    const pinned: HostKeyPolicy = { kind: 'pinned', keys: [hostKey] };
    await using open = await openAny(dependencies, target, 'installed', pinned);
    const elsewhere = otherDisk(open, known);
    if (elsewhere !== null) return { kind: 'new-system-elsewhere', root: elsewhere };
    const { bootId, kernel } = open.identity;
    const system: System = {
      ...{ kind: 'installed', bootId, hostKey, user: 'core', waitedMs: 0, kernel },
    };
    return known.installed
      ? { kind: 'new-system', system }
      : { kind: 'old-system', system, hostKey: keyFingerprint(hostKey) };
  } catch (error) {
    if (error instanceof SshHostKeyMismatch) return stranger(error.offered, known, seen);
    if (error instanceof SshAuthRefused) {
      return {
        kind: 'something-else',
        hostKey: null,
        seen: 'it has our host key, and refuses ours',
      };
    }
    if (error instanceof SshUnreachable || error instanceof SshConnectionLost) {
      return { kind: 'silent', seen: error.message };
    }
    throw error;
  }
}

/** Nothing is known of a stranger but its host key: the one from before the reset is the old OS. */
function stranger(offered: string | null, known: KnownSystems, seen: string): Answering {
  if (offered !== null && offered === known.oldHostKey) {
    return { kind: 'old-system', system: null, hostKey: offered };
  }
  return { kind: 'something-else', hostKey: offered, seen };
}

/** Where root is, when that is not the disk of this run; a serial that nobody tells proves nothing. */
function otherDisk({ identity }: OpenSystem, { diskSerial }: KnownSystems): string | null {
  if (!runsFromDisk(identity)) return identity.rootSource;
  if (diskSerial === null || identity.rootSerial === '') return null;
  const [wanted, found] = [diskSerial, identity.rootSerial].map((text) => text.replaceAll(' ', ''));
  return wanted === found ? null : `${identity.rootSource} of ${identity.rootSerial}`;
}
