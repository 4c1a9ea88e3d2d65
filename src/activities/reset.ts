import { setTimeout as sleep } from 'node:timers/promises';

import { activityInfo, cancellationSignal } from '@temporalio/activity';
import { z } from 'zod';

import { ProviderOutcomeUnknown } from '../providers/provider-error.ts';
import type { Provider, ProviderTask } from '../providers/provider.ts';
import { deadlines } from '../run/deadlines.ts';
import type { Pace } from '../run/pace.ts';
import type { RunTarget } from '../run/plan.ts';
import { beat } from './beat.ts';
import type { Dependencies } from './dependencies.ts';
import { notYet } from './not-yet.ts';
import { ProviderBusy, ResetTaskFailed } from './run-errors.ts';

/** A reset as it was sent; without `task` the provider tells nothing about it. */
export type Reset = { task: ProviderTask | null; sentAtMs: number };

/** What an attempt leaves in Temporal before it sends: without it, nothing was ever sent. */
const intentSchema = z.object({ sends: z.number(), sendingAtMs: z.number() });
type Intent = z.infer<typeof intentSchema>;

/** A first reset that came to nothing may be repeated once; after that a person looks. */
const sendsMax = 2;

/** The hard reset, the one thing that must not be sent twice. */
export function createResetActivities(dependencies: Dependencies) {
  return {
    /** The watermark by which `hardReset` knows its own task again. Read-only. */
    async latestTask(target: RunTarget): Promise<number> {
      const provider = await dependencies.provider(target.provider);
      return provider.latestTaskId(cancellationSignal());
    },

    /**
     * Sends one hard reset. Idempotent: before it sends, it leaves word in Temporal, and an attempt
     * that finds such word first looks for a task newer than the watermark, for
     * `pace.resetLookMs`. It sends only while Temporal confirms that this attempt still counts, and
     * at most seconds after that. Without tracking by the provider, word left means sent.
     *
     * Never sent before `notBeforeMs`, nor while the provider is at work on the server itself: its
     * tasks are waited for, a technician is not raced. Throws ProviderBusy then, and
     * ProviderOutcomeUnknown when two resets in a row left no trace.
     */
    async hardReset(
      target: RunTarget,
      watermark: number,
      pace: Pace,
      notBeforeMs = 0,
    ): Promise<Reset> {
      const provider = await dependencies.provider(target.provider);
      let intent = earlierIntent();
      for (;;) {
        const seen = await lookForReset(provider, watermark, intent, pace);
        if (seen !== null) return seen;
        refuseThird(target, intent);
        await refuseWhileBusy(target, provider, pace);
        waitUntil(notBeforeMs);
        const before = intent;
        intent = { sends: (before?.sends ?? 0) + 1, sendingAtMs: Date.now() };
        const task = await send(dependencies, provider, before, intent);
        if (task !== null) return { task, sentAtMs: intent.sendingAtMs };
      }
    },

    /** Waits for the provider's task. `done` means only that the reset was issued (invariant 5). */
    async waitForTask(
      target: RunTarget,
      { taskId, sentAtMs }: { taskId: number; sentAtMs: number },
      pace: Pace,
    ): Promise<ProviderTask> {
      const provider = await dependencies.provider(target.provider);
      const task = await provider.task(taskId, cancellationSignal(), sentAtMs);
      if (task.state === 'pending') {
        if (Date.now() > sentAtMs + pace.taskStuckMs) throw stuck(target, task, pace);
        throw notYet(`task ${taskId} is ${task.providerState}`, pace.pollMs);
      }
      if (task.state === 'failed') {
        throw new ResetTaskFailed(
          `The provider's task ${taskId} for ${target.server} ended as ${task.providerState}` +
            `${task.comment === null ? '' : ` (${task.comment})`}. Nothing more was sent. ` +
            `Look at the server in the provider's panel, then resume.`,
        );
      }
      return task;
    },
  };
}

function earlierIntent(): Intent | null {
  const parsed = intentSchema.safeParse(activityInfo().heartbeatDetails);
  return parsed.success ? parsed.data : null;
}

/** Looks once when nothing was sent; else until a reset shows, for as long as one may take to. */
async function lookForReset(
  provider: Provider,
  watermark: number,
  intent: Intent | null,
  pace: Pace,
): Promise<Reset | null> {
  const signal = cancellationSignal();
  const sentAtMs = intent?.sendingAtMs ?? Date.now();
  if (intent !== null && provider.capabilities.resetTracking === 'none') {
    return { task: null, sentAtMs };
  }
  for (;;) {
    const task = await provider.findReset(watermark, signal);
    if (task !== null) return { task, sentAtMs };
    if (intent === null || Date.now() > intent.sendingAtMs + pace.resetLookMs) return null;
    await sleep(pace.pollMs, undefined, { signal });
  }
}

/** Whatever the provider does with the server comes first (invariant 6). */
async function refuseWhileBusy(target: RunTarget, provider: Provider, pace: Pace): Promise<void> {
  const { tasks, interventions } = await provider.workUnderWay(cancellationSignal());
  if (interventions.length > 0) {
    throw new ProviderBusy(
      `No reset was sent to ${target.server} while somebody works on it: ` +
        `${interventions.join('; ')}. It goes on by itself when that is over.`,
    );
  }
  const [task] = tasks;
  if (task === undefined) return;
  if (Date.now() > activityInfo().scheduledTimestampMs + pace.taskStuckMs) {
    throw stuck(target, task, pace);
  }
  throw notYet(`no reset while ${taskInWords(task)}`, pace.providerLookMs);
}

/** The earliest moment of the next reset: a server that is reset again and again never boots. */
function waitUntil(notBeforeMs: number): void {
  const leftMs = notBeforeMs - Date.now();
  if (leftMs <= 0) return;
  throw notYet(`no reset before ${new Date(notBeforeMs).toISOString().slice(11, 16)} UTC`, leftMs);
}

function stuck({ server }: RunTarget, task: ProviderTask, { taskStuckMs }: Pace): ProviderBusy {
  return new ProviderBusy(
    `The provider's ${taskInWords(task)} for ${server} since more than ` +
      `${Math.round(taskStuckMs / 60_000)} minutes. Nothing more was sent. It goes on by itself ` +
      `when that is over; the provider's support can end it.`,
  );
}

/** `task 8125 (hardReboot) is doing`, in the provider's own words. */
export function taskInWords({ taskId, kind, providerState }: ProviderTask): string {
  return `task ${taskId} (${kind}) is ${providerState}`;
}

function refuseThird(target: RunTarget, intent: Intent | null): void {
  if (intent === null || intent.sends < sendsMax) return;
  throw new ProviderOutcomeUnknown(
    `${intent.sends} hard resets of ${target.server} were sent, and the provider shows no task of ` +
      `them. Nothing more was sent. Look at the server in the provider's panel, then resume.`,
  );
}

/** Null: the outcome is unknown, so it is looked for. A call that was never made leaves no word. */
async function send(
  dependencies: Dependencies,
  provider: Provider,
  before: Intent | null,
  intent: Intent,
): Promise<ProviderTask | null> {
  const signal = cancellationSignal();
  beat(intent);
  await dependencies.confirmAttempt(intent);
  const sendByMs = Date.now() + deadlines.sendWithinMs;
  try {
    return await provider.hardReset(sendByMs, signal);
  } catch (error) {
    if (error instanceof ProviderOutcomeUnknown) return null;
    beat(before);
    throw error;
  }
}
