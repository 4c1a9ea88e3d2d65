import type { Client } from '@temporalio/client';
import { ApplicationFailure, TimeoutFailure } from '@temporalio/common';
import type { LoadedDataConverter, ProtoFailure } from '@temporalio/common';
import { decodeTypedSearchAttributes } from '@temporalio/common/lib/converter/payload-search-attributes.js';
import {
  decodeArrayFromPayloads,
  decodeOptionalFailureToOptionalError,
  decodeUserMetadata,
} from '@temporalio/common/lib/internal-non-workflow/index.js';
import { requiredTsToDate } from '@temporalio/common/lib/time.js';

import type { HistoryEnd, RunHistoryBook, StepFailure } from '../run/run-history.ts';
import { attributeKeys } from './run-list.ts';

type Page = Awaited<ReturnType<Client['workflowService']['getWorkflowExecutionHistory']>>;
export type HistoryEvent = NonNullable<NonNullable<Page['history']>['events']>[number];

/** Thrown by an activity that waits, again and again (`activities/not-yet.ts`): no failure. */
const notYetType = 'NotYet';

/** The arguments of a request that a person may read again; others are not told. */
const toldArguments = ['wipe', 'reason'] as const;

/** ISO 8601. */
export function timeOf(event: HistoryEvent): string {
  return requiredTsToDate(event.eventTime, 'eventTime').toISOString();
}

/** The summary that the Temporal UI shows for a run or an activity. */
export async function summaryIn(
  event: HistoryEvent,
  converter: LoadedDataConverter,
): Promise<string | undefined> {
  return (await decodeUserMetadata(converter, event.userMetadata)).staticSummary;
}

/** Writes one event of Temporal into the book of its run, if it says anything to a person. */
export async function writeEvent(
  event: HistoryEvent,
  book: RunHistoryBook,
  converter: LoadedDataConverter,
): Promise<void> {
  writeAttributes(event, book);
  await writeStep(event, book, converter);
  await writeRequest(event, book, converter);
  await writeTrouble(event, book, converter);
  const end = await endIn(event, book, converter);
  if (end !== null) book.over(end);
}

/** Phases and attention are changed by what the workflow sets for searches. */
function writeAttributes(event: HistoryEvent, book: RunHistoryBook): void {
  const { searchAttributes } = event.upsertWorkflowSearchAttributesEventAttributes ?? {};
  const values = decodeTypedSearchAttributes(searchAttributes?.indexedFields);
  const phase = values.get(attributeKeys.phase);
  const attention = values.get(attributeKeys.attention);
  if (phase !== undefined) book.phaseBegan(timeOf(event), phase);
  if (attention !== undefined) book.attentionIs(timeOf(event), attention);
}

async function writeStep(
  event: HistoryEvent,
  book: RunHistoryBook,
  converter: LoadedDataConverter,
): Promise<void> {
  const at = timeOf(event);
  const scheduled = event.activityTaskScheduledEventAttributes;
  if (scheduled) {
    const name = (await summaryIn(event, converter)) ?? scheduled.activityType?.name ?? '';
    return book.stepBegan(String(event.eventId), at, name);
  }
  const started = event.activityTaskStartedEventAttributes;
  if (started) {
    const failure = await failureIn(started.lastFailure, converter);
    const attempts = started.attempt ?? 1;
    if (failure === null || failure.type === notYetType) return;
    return book.stepTriedAgain(String(started.scheduledEventId), at, attempts, failure);
  }
  const failed =
    event.activityTaskFailedEventAttributes ?? event.activityTaskTimedOutEventAttributes;
  if (failed) {
    const failure = (await failureIn(failed.failure, converter)) ?? { type: '', message: '' };
    return book.stepEnded(String(failed.scheduledEventId), at, { state: 'failed', failure });
  }
  const done = event.activityTaskCompletedEventAttributes;
  if (done) return book.stepEnded(String(done.scheduledEventId), at, { state: 'done' });
  const cancelled = event.activityTaskCanceledEventAttributes;
  if (cancelled) {
    return book.stepEnded(String(cancelled.scheduledEventId), at, { state: 'cancelled' });
  }
}

async function writeRequest(
  event: HistoryEvent,
  book: RunHistoryBook,
  converter: LoadedDataConverter,
): Promise<void> {
  const accepted = event.workflowExecutionUpdateAcceptedEventAttributes?.acceptedRequest;
  if (accepted) {
    const [args] = await decodeArrayFromPayloads(converter, accepted.input?.args?.payloads);
    const given = (args ?? {}) as Partial<Record<string, unknown>>;
    const said = toldArguments
      .map((name) => given[name])
      .filter((value) => typeof value === 'string');
    return book.asked(accepted.meta?.updateId ?? '', {
      at: timeOf(event),
      name: accepted.input?.name ?? '',
      by: typeof given['by'] === 'string' ? given['by'] : (accepted.meta?.identity ?? ''),
      ...(said.length === 0 ? {} : { said: said.join(' ') }),
    });
  }
  const answered = event.workflowExecutionUpdateCompletedEventAttributes;
  if (!answered) return;
  const refusal = await failureIn(answered.outcome?.failure, converter);
  book.answered(answered.meta?.updateId ?? '', refusal?.message ?? null);
}

/** A cancellation from outside of ironstep, and a worker that cannot go on. */
async function writeTrouble(
  event: HistoryEvent,
  book: RunHistoryBook,
  converter: LoadedDataConverter,
): Promise<void> {
  const cancel = event.workflowExecutionCancelRequestedEventAttributes;
  if (cancel) book.cancelAsked(timeOf(event), cancel.identity ?? '', cancel.cause ?? undefined);
  const stuck = event.workflowTaskFailedEventAttributes;
  if (!stuck) return;
  const failure = await failureIn(stuck.failure, converter);
  // A reset of the run by hand is written as such a failure, without one.
  if (failure !== null) book.stuck(timeOf(event), stuck.identity ?? '', failure.message);
}

async function endIn(
  event: HistoryEvent,
  book: RunHistoryBook,
  converter: LoadedDataConverter,
): Promise<HistoryEnd | null> {
  const at = timeOf(event);
  if (event.workflowExecutionCompletedEventAttributes) {
    return { at, state: book.history.kind === 'provision' ? 'ready' : 'done' };
  }
  const failed = event.workflowExecutionFailedEventAttributes;
  if (failed) {
    const { type, message } = (await failureIn(failed.failure, converter)) ?? {};
    const state = type === 'Refused' ? 'refused' : type === 'Aborted' ? 'aborted' : 'failed';
    return { at, state, ...(message === undefined ? {} : { said: message }) };
  }
  const terminated = event.workflowExecutionTerminatedEventAttributes;
  if (terminated) {
    const { reason, identity } = terminated;
    return { at, state: 'terminated', by: identity ?? '', ...(reason ? { said: reason } : {}) };
  }
  if (event.workflowExecutionCanceledEventAttributes) return { at, state: 'cancelled' };
  if (event.workflowExecutionTimedOutEventAttributes) {
    return { at, state: 'failed', said: "Temporal's time limit for the run has passed." };
  }
  return null;
}

/** The innermost failure that says something: what the activity threw, not what Temporal put round it. */
async function failureIn(
  failure: ProtoFailure | null | undefined,
  converter: LoadedDataConverter,
): Promise<StepFailure | null> {
  const error = await decodeOptionalFailureToOptionalError(converter, failure);
  if (error === undefined) return null;
  if (!(error instanceof TimeoutFailure)) return plainFailure(error);
  if (error.timeoutType === 'HEARTBEAT') {
    return { type: 'WorkerLost', message: 'its worker gave no sign of life any more' };
  }
  if (error.cause !== undefined) return plainFailure(error.cause);
  return { type: 'TimedOut', message: error.message };
}

function plainFailure(error: Error): StepFailure {
  const type = error instanceof ApplicationFailure ? error.type : undefined;
  return { type: type ?? error.name, message: error.message };
}
