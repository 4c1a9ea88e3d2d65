import { ApplicationFailureCategory, ensureApplicationFailure } from '@temporalio/common';

/** How an attempt at an activity ended that threw; only `failed` went wrong. */
export type ActivityEnd =
  | { kind: 'not yet' }
  | { kind: 'cancelled' }
  /** `type` is the class of the error, by which workflows decide too. */
  | { kind: 'failed'; type: string; message: string };

/** Reads what an activity threw, as the SDK reports it to Temporal. */
export function activityEnd(error: unknown, cancellation: AbortSignal): ActivityEnd {
  const { category, type, message } = ensureApplicationFailure(error);
  if (category === ApplicationFailureCategory.BENIGN) return { kind: 'not yet' };
  if (cancellation.aborted) return { kind: 'cancelled' };
  return { kind: 'failed', type: type ?? 'Error', message };
}
