import type { System } from './plan.ts';

/**
 * Which system answers at the server's SSH port: decided from host key, boot id, kernel command
 * line, root device and the moment of the boot, never from the provider's API (invariant 5).
 */
export type Answering =
  /** The rescue system of this boot. */
  | { kind: 'rescue'; system: System }
  /** A rescue system that was up before the reset: the server was not reset, or is not yet. */
  | { kind: 'earlier-rescue' }
  /** What ran before. With `system` it takes our key under its pinned host key. */
  | { kind: 'old-system'; system: System | null; hostKey: string | null }
  /** What this run has installed, by its pinned host key. */
  | { kind: 'new-system'; system: System }
  /** The same host key, but its root is not on the disk of this run. */
  | { kind: 'new-system-elsewhere'; root: string }
  /** None that is known here. */
  | { kind: 'something-else'; hostKey: string | null; seen: string }
  /** The address answers, the port is closed. */
  | { kind: 'refused' }
  | { kind: 'silent'; seen: string };

/** What is seen of a server whose rescue did not come up. */
export type Surroundings = {
  answering: Answering;
  /** What the provider does with it, in words. */
  provider: string[];
};

/** What is known before the question: by this the systems are told apart. */
export type KnownSystems = {
  /** Boots that were seen before; none of them is the one waited for. */
  bootIds: string[];
  /** Epoch milliseconds of the reset: what booted before it is no answer. Null: none was sent. */
  bootedAfterMs: number | null;
  /** Fingerprint of the host key that answered before the first reset. */
  oldHostKey: string | null;
  /** This run has put its system on the disk. */
  installed: boolean;
  /** Serial of the disk of this run, once it is known. */
  diskSerial: string | null;
};

/** For the timeline, from the start of a sentence. */
export function answeringInWords(answering: Answering): string {
  switch (answering.kind) {
    case 'rescue':
      return 'rescue answers';
    case 'earlier-rescue':
      return 'the rescue of an earlier boot answers: the server was not reset';
    case 'old-system':
      return `the old system answers${withKey(answering)}`;
    case 'new-system':
      return 'the new system answers with its own host key';
    case 'new-system-elsewhere':
      return `the new system's host key answers, but its root is ${answering.root}: another disk`;
    case 'something-else':
      return `another system answers${withKey(answering)}: ${answering.seen}`;
    case 'refused':
      return 'the SSH port is closed';
    case 'silent':
      return 'nothing answers';
  }
}

function withKey({ hostKey }: { hostKey: string | null }): string {
  return hostKey === null ? '' : ` (host key ${hostKey})`;
}

/** The system that may be rebooted from inside: it takes our key, and its host key is pinned. */
export function rebootable(answering: Answering): System | null {
  return answering.kind === 'old-system' || answering.kind === 'new-system'
    ? answering.system
    : null;
}
