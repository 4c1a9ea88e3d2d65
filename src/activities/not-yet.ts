import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';

/**
 * "Not yet" from a waiting activity: not an error, so it is benign, costs no history and says when
 * to look again. `seen` is what the person reads meanwhile as the last failure.
 */
export function notYet(seen: string, lookAgainMs: number): ApplicationFailure {
  return ApplicationFailure.create({
    type: 'NotYet',
    message: seen,
    nextRetryDelay: lookAgainMs,
    category: ApplicationFailureCategory.BENIGN,
  });
}
