import { createHmac } from 'node:crypto';

import { activityInfo, cancellationSignal } from '@temporalio/activity';
import { z } from 'zod';

import type { CredentialChannel } from '../providers/rescue-password.ts';
import type { RunTarget } from '../run/plan.ts';
import { samePublicKey } from '../secrets/public-key.ts';
import type { Secret } from '../secrets/secret.ts';
import {
  RemoteCommandFailed,
  SshAuthRefused,
  SshConnectionLost,
  SshHostKeyMismatch,
  SshPasswordRefused,
  SshUnreachable,
} from '../ssh/errors.ts';
import { exchangePassword } from '../ssh/exchange-password.ts';
import type { Dependencies } from './dependencies.ts';

/** What came of a look for a way into a rescue system that does not take our key. */
export type LoginOutcome =
  /** Our key opens it now; it is the system that shows this host key. */
  | { kind: 'placed'; channel: CredentialChannel; hostKey: string }
  /** Worth another look later. */
  | { kind: 'not-yet'; seen: string }
  /** No channel has anything left for this boot but a person. */
  | { kind: 'exhausted'; tried: string };

/** One search, over all attempts of the activity that waits. Passwords are never in it. */
export type LoginSearch = {
  /** From `armRescue`. */
  mailWatermark: number | null;
  /** Between two looks at the channels: an API has limits, a mailbox logs every visit. */
  lookEveryMs: number;
  /** How often each password was sent to each system, by `markOf`. */
  tries: Record<string, number>;
  /** Epoch milliseconds before which nobody is asked again. */
  nextLookMs: number;
  seen: LoginOutcome;
};

/** The system that refuses our key, and the boot that is waited for. */
type Stranger = { hostKey: string; sentAtMs: number; knownBootIds: string[] };

/** A broken connection says nothing about a password, so it may be sent again; not for ever. */
const triesMax = 3;

/** A source that has a new wrong password at every look is no source. */
const wrongMax = 5;

const wordSchema = z.looseObject({ tries: z.record(z.string(), z.number()) });

/** Begins a search, or goes on with the one of an earlier attempt, which left word by `wordOf`. */
export function searchLogin(mailWatermark: number | null, lookEveryMs: number): LoginSearch {
  const word = wordSchema.safeParse(activityInfo().heartbeatDetails);
  const tries = word.success ? word.data.tries : {};
  const seen = { kind: 'not-yet', seen: 'no channel was asked yet' } as const;
  return { mailWatermark, lookEveryMs, tries, nextLookMs: 0, seen };
}

/** What a later attempt has to know: for heartbeats. */
export function wordOf({ tries }: LoginSearch): Pick<LoginSearch, 'tries'> | null {
  return Object.keys(tries).length === 0 ? null : { tries };
}

/**
 * Goes through the provider's channels for root's password of this boot, and exchanges what it
 * finds for our rescue key, at once. A password goes only to the server's own address, only to the
 * system whose host key was just seen, never to the one that ironstep installed, and never twice
 * when it was wrong: before it is sent, word of it (a keyed digest) is left in Temporal.
 */
export async function obtainLogin(
  dependencies: Dependencies,
  target: RunTarget,
  stranger: Stranger,
  search: LoginSearch,
): Promise<LoginOutcome> {
  const installed = dependencies.keyPair(target.provider, 'host').publicKey;
  if (samePublicKey(stranger.hostKey, installed)) {
    return { kind: 'not-yet', seen: 'the system that ironstep installed answers' };
  }
  if (Date.now() < search.nextLookMs) return search.seen;
  search.nextLookMs = Date.now() + search.lookEveryMs;
  search.seen = await lookAtChannels(dependencies, target, stranger, search);
  return search.seen;
}

async function lookAtChannels(
  dependencies: Dependencies,
  target: RunTarget,
  stranger: Stranger,
  search: LoginSearch,
): Promise<LoginOutcome> {
  const provider = await dependencies.provider(target.provider);
  const { sentAtMs } = stranger;
  const boot = { address: target.address, sentAtMs, mailWatermark: search.mailWatermark };
  const seen: string[] = [];
  let open = false;
  for (const channel of provider.passwordChannels(boot)) {
    const answer = await channel.look(cancellationSignal());
    open ||= answer.kind === 'not-yet';
    if (answer.kind !== 'passwords') {
      seen.push(`${channel.label}: ${answer.seen}`);
      continue;
    }
    for (const password of answer.passwords) {
      const tried = await tryOnce(dependencies, target, stranger, search, password);
      if (tried.kind === 'placed') return { ...tried, channel: channel.name };
      open ||= tried.mayMend;
      seen.push(`${channel.label}: ${tried.seen}`);
    }
  }
  const words = [...new Set(seen)].join('; ');
  return open ? { kind: 'not-yet', seen: words } : { kind: 'exhausted', tried: words };
}

type Tried = { kind: 'placed'; hostKey: string } | { kind: 'no'; seen: string; mayMend: boolean };

async function tryOnce(
  dependencies: Dependencies,
  target: RunTarget,
  { hostKey, knownBootIds }: Stranger,
  search: LoginSearch,
  password: Secret,
): Promise<Tried> {
  const rescueKey = dependencies.keyPair(target.provider, 'rescue');
  const mark = markOf(rescueKey.privateKey, hostKey, password);
  const before = search.tries[mark] ?? 0;
  const wrong = Object.values(search.tries).filter((count) => count >= triesMax).length;
  if (before >= triesMax) return no('its password was refused');
  if (wrong >= wrongMax) return no(`${wrong} passwords were refused; no more are tried`);
  search.tries[mark] = before + 1;
  await dependencies.confirmAttempt({ label: 'logging in with a password', ...wordOf(search) });
  try {
    const exchanged = await exchangePassword(
      {
        ...{ host: target.address, port: target.sshPort, user: 'root' },
        password: password.reveal(),
        hostKey: { kind: 'pinned', keys: [hostKey] },
      },
      { publicKey: rescueKey.publicKey, knownBootIds },
      { signal: cancellationSignal() },
      dependencies.connectWithPassword,
    );
    if (exchanged.kind === 'placed') return exchanged;
    search.tries[mark] = triesMax;
    return no(exchanged.seen);
  } catch (error) {
    if (error instanceof SshPasswordRefused) {
      search.tries[mark] = triesMax;
      return no(error.sent ? 'its password was refused' : error.message);
    }
    if (isOfConnection(error)) return { kind: 'no', seen: error.message, mayMend: true };
    throw error;
  }
}

function no(seen: string): Tried {
  return { kind: 'no', seen, mayMend: false };
}

function isOfConnection(error: unknown): error is Error {
  return (
    error instanceof SshUnreachable ||
    error instanceof SshAuthRefused ||
    error instanceof SshConnectionLost ||
    error instanceof SshHostKeyMismatch ||
    error instanceof RemoteCommandFailed
  );
}

/**
 * A password at one system, as it may be written down: keyed, because the digest of a short
 * password alone can be guessed, and with the host key, because what the old system refuses may
 * open the rescue system that comes after it.
 */
function markOf(key: string, hostKey: string, password: Secret): string {
  const [type = '', blob = ''] = hostKey.trim().split(/\s+/);
  const text = `rescue password\n${type} ${blob}\n${password.reveal()}`;
  return createHmac('sha256', key).update(text).digest('hex').slice(0, 16);
}
