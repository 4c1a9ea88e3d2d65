import { activityInfo, cancellationSignal } from '@temporalio/activity';

import { ProviderError } from '../providers/provider-error.ts';
import type { WorkUnderWay } from '../providers/provider.ts';
import { answeringInWords, type KnownSystems, type Surroundings } from '../run/answering.ts';
import { deadlines } from '../run/deadlines.ts';
import type { Pace } from '../run/pace.ts';
import type { RunTarget, System } from '../run/plan.ts';
import { firstSentence } from '../run/first-sentence.ts';
import { probeBanner } from '../ssh/probe.ts';
import { beat } from './beat.ts';
import type { Dependencies } from './dependencies.ts';
import { searchLogin, wordOf } from './obtain-login.ts';
import { notYet } from './not-yet.ts';
import { claimRescue } from './rescue-answer.ts';
import { taskInWords } from './reset.ts';
import { RefusedOnHost } from './run-errors.ts';
import { findWhichAnswers } from './which-answers.ts';

/** What a parked run goes on by itself for. */
export type WatchEnd =
  | { kind: 'rescue'; system: System }
  /** The provider is at work no more; asked for when it was that which held the run up. */
  | { kind: 'provider-idle' };

export type Watch = {
  /** Epoch milliseconds of the last reset. */
  sentAtMs: number;
  /** As in `RescueWait`. */
  mailWatermark: number | null;
  authorizedKeys: string[];
  untilProviderIdle: boolean;
  pace: Pace;
};

/** Each look of a parked run comes so much later than the one before. */
const growth = 1.2;

/** A run that waits for a rescue system which may come up by anybody's hand. */
export function createParkedActivities(dependencies: Dependencies) {
  return {
    /** Which system answers now, and what the provider does with the server. Read-only. */
    async lookAround(target: RunTarget, known: KnownSystems): Promise<Surroundings> {
      const [answering, work] = await Promise.all([
        findWhichAnswers(dependencies, target, known),
        askProvider(dependencies, target),
      ]);
      return { answering, provider: work.words };
    },

    /**
     * Looks at the SSH port and at the provider until rescue answers, for days: between two looks
     * nothing is held, and no look is in the history. Claims the rescue system that it finds.
     */
    async watchParked(target: RunTarget, watch: Watch): Promise<WatchEnd> {
      const seen = await askServer(dependencies, target, watch);
      if (typeof seen !== 'string') return { kind: 'rescue', system: seen };
      const { work, words } = await askProvider(dependencies, target);
      const idle = work !== null && work.tasks.length + work.interventions.length === 0;
      if (watch.untilProviderIdle && idle) return { kind: 'provider-idle' };
      const { parkedLookMs, parkedLookMaxMs } = watch.pace;
      const laterMs = parkedLookMs * growth ** (activityInfo().attempt - 1);
      throw notYet([seen, ...words].join(' · '), Math.min(laterMs, parkedLookMaxMs));
    },
  };
}

async function askServer(
  dependencies: Dependencies,
  target: RunTarget,
  { sentAtMs, mailWatermark, authorizedKeys }: Watch,
): Promise<System | string> {
  const { kind } = await probeBanner(target.address, target.sshPort, deadlines.bannerMs);
  if (kind === 'refused') return answeringInWords({ kind });
  if (kind !== 'banner') return answeringInWords({ kind: 'silent', seen: kind });
  // The looks are far apart already: each may ask the channels for a password.
  const logins = searchLogin(mailWatermark, 0);
  const wait = { sentAtMs, knownBootIds: [], authorizedKeys, logins };
  try {
    const look = await claimRescue(dependencies, target, wait, Date.now());
    beat(wordOf(logins));
    return look.kind === 'rescue' ? look.system : look.seen;
  } catch (error) {
    if (error instanceof RefusedOnHost) return firstSentence(error.message);
    throw error;
  }
}

/** An API that does not answer is no reason to stop looking at the server. */
async function askProvider(
  dependencies: Dependencies,
  target: RunTarget,
): Promise<{ work: WorkUnderWay | null; words: string[] }> {
  try {
    const provider = await dependencies.provider(target.provider);
    const work = await provider.workUnderWay(cancellationSignal());
    return { work, words: [...work.tasks.map(taskInWords), ...work.interventions] };
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    return { work: null, words: [`the provider does not answer: ${firstSentence(error.message)}`] };
  }
}
