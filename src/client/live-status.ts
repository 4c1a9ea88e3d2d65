import type { LoadedDataConverter } from '@temporalio/common';
import {
  decodeArrayFromPayloads,
  decodeOptionalFailureToOptionalError,
} from '@temporalio/common/lib/internal-non-workflow/index.js';
import type { WorkflowExecutionDescription } from '@temporalio/client';

import type { Progress, RunStatus } from '../run/status.ts';

/** A run's own status and what Temporal knows about it just now. */
export type LiveStatus = RunStatus & {
  /** How far the activity that is under way has come. */
  progress?: Progress;
  /** 1 for the first attempt of that activity. */
  activityAttempt?: number;
  /** Why its attempt before this one ended. */
  lastFailure?: string;
  historyEvents?: number;
  historyBytes?: number;
};

type PendingActivity = NonNullable<
  NonNullable<WorkflowExecutionDescription['raw']['pendingActivities']>[number]
>;

/** The part of a LiveStatus that comes from the description of the workflow. */
export async function liveFacts(
  description: WorkflowExecutionDescription,
  converter: LoadedDataConverter,
): Promise<Omit<LiveStatus, keyof RunStatus>> {
  const pending = description.raw.pendingActivities ?? [];
  const activity = pending.find((each) => each.heartbeatDetails?.payloads?.length) ?? pending[0];
  return {
    ...(activity === undefined ? {} : await activityFacts(activity, converter)),
    historyEvents: description.historyLength,
    ...(description.historySize === undefined ? {} : { historyBytes: description.historySize }),
  };
}

async function activityFacts(
  activity: PendingActivity,
  converter: LoadedDataConverter,
): Promise<Pick<LiveStatus, 'progress' | 'activityAttempt' | 'lastFailure'>> {
  const details = await decodeArrayFromPayloads(converter, activity.heartbeatDetails?.payloads);
  const progress = progressFrom(details[0]);
  const failure = await decodeOptionalFailureToOptionalError(converter, activity.lastFailure);
  return {
    ...(progress === undefined ? {} : { progress }),
    activityAttempt: activity.attempt ?? 1,
    ...(failure === undefined ? {} : { lastFailure: failure.message }),
  };
}

/** Heartbeat details may be of another version of ironstep: only what fits is shown. */
function progressFrom(details: unknown): Progress | undefined {
  if (typeof details !== 'object' || details === null || !('label' in details)) return undefined;
  const { label, done, total, unit } = details as Record<string, unknown>;
  if (typeof label !== 'string') return undefined;
  return {
    label,
    ...(typeof done === 'number' ? { done } : {}),
    ...(typeof total === 'number' ? { total } : {}),
    ...(unit === 'bytes' || unit === 'percent' ? { unit } : {}),
  };
}
