import type { WorkflowHandle } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';

type History = Awaited<ReturnType<WorkflowHandle['fetchHistory']>>;
type Event = NonNullable<History['events']>[number];

/** One attempt of a phase, or one wait for a person, by the times of Temporal's events. */
export type Interval = { name: string; seconds: number };
type Began = { name: string; attempt: number; since: number };

/** What a history says about a run, read without any code that the run itself uses. */
export type RunInHistory = {
  phases: (Interval & { attempt: number })[];
  waits: Interval[];
  /** Classes of the errors that ended an activity, once for each. */
  endedActivities: string[];
  /** Classes of the errors after which an activity was tried again. */
  retries: string[];
  /** How often each activity was scheduled. */
  activities: Record<string, number>;
};

/**
 * Reads phases and waits from the changes of the search attributes Phase and Attention: each phase
 * begins with one, and ends with the next, with a wait after its failure, or with the run.
 */
export function runInHistory({ events }: History): RunInHistory {
  const all = events ?? [];
  const run: RunInHistory = {
    ...{ phases: [], waits: [], endedActivities: [], retries: [], activities: {} },
  };
  let phase: Began | undefined;
  let wait: { name: string; since: number } | undefined;
  const endPhase = (at: number) => {
    if (phase === undefined) return;
    const { since, ...named } = phase;
    run.phases.push({ ...named, seconds: at - since });
    phase = undefined;
  };
  for (const event of all) {
    const at = decidedAtSeconds(all, event);
    const { Phase, Attention } = changedAttributes(event);
    if (Phase !== undefined || event.workflowExecutionCompletedEventAttributes) endPhase(at);
    if (Phase !== undefined) {
      // Only after its own failure does a phase follow itself.
      const last = run.phases.at(-1);
      const attempt = last?.name === Phase ? last.attempt + 1 : 1;
      phase = { name: Phase, attempt, since: at };
    }
    if (Attention === 'none' && wait !== undefined) {
      run.waits.push({ name: wait.name, seconds: at - wait.since });
    } else if (Attention !== undefined) {
      wait = { name: Attention, since: at };
      if (Attention !== 'approval') endPhase(at);
    }
    countActivity(run, event);
  }
  return run;
}

function countActivity(run: RunInHistory, event: Event): void {
  const name = event.activityTaskScheduledEventAttributes?.activityType?.name;
  if (name) run.activities[name] = (run.activities[name] ?? 0) + 1;
  const failed = event.activityTaskFailedEventAttributes?.failure?.applicationFailureInfo?.type;
  if (failed) run.endedActivities.push(failed);
  const retried = event.activityTaskStartedEventAttributes?.lastFailure?.applicationFailureInfo;
  if (retried?.type) run.retries.push(retried.type);
}

function changedAttributes(event: Event): Record<string, string | undefined> {
  const fields =
    event.upsertWorkflowSearchAttributesEventAttributes?.searchAttributes?.indexedFields;
  return Object.fromEntries(
    Object.entries(fields ?? {}).map(([name, payload]) => [
      name,
      // A list of one keyword, as the SDK writes it.
      String(defaultPayloadConverter.fromPayload(payload)),
    ]),
  );
}

/**
 * The run's own clock when it decided on this event: the start of the workflow task that did. The
 * time of the event itself is when the server wrote it down, a few milliseconds later.
 */
function decidedAtSeconds(all: Event[], event: Event): number {
  const completedId =
    event.upsertWorkflowSearchAttributesEventAttributes?.workflowTaskCompletedEventId ??
    event.workflowExecutionCompletedEventAttributes?.workflowTaskCompletedEventId;
  const byId = (id: unknown) => all.find(({ eventId }) => String(eventId) === String(id));
  const task = byId(completedId)?.workflowTaskCompletedEventAttributes;
  const { seconds, nanos } = byId(task?.startedEventId)?.eventTime ?? {};
  return Number(seconds ?? 0) + (nanos ?? 0) / 1e9;
}
