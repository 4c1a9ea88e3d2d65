import { proxyActivities, type ActivityOptions } from '@temporalio/workflow';

import type { Activities } from '../activities/index.ts';
import { neverRetried } from './failure-policy.ts';
import { deadlines } from '../run/deadlines.ts';

/**
 * The SDK's default is TRY_CANCEL, whatever its doc comment says (sdk-typescript#2442): clean-up
 * would start while resize2fs still runs. Every activity waits for its cancellation to complete,
 * and beats (`activities/beat.ts`), so that the death of its worker is noticed. The limits and
 * their reasons are in `run/deadlines.ts`.
 */
const common: ActivityOptions = {
  cancellationType: 'WAIT_CANCELLATION_COMPLETED',
  heartbeatTimeout: deadlines.heartbeatMs,
  retry: {
    initialInterval: '1 second',
    maximumInterval: '30 seconds',
    nonRetryableErrorTypes: neverRetried,
  },
};

/** Questions to the provider and short looks at the server: seconds each. */
export const quick = proxyActivities<Activities>({
  ...common,
  startToCloseTimeout: deadlines.quickAttemptMs,
  scheduleToCloseTimeout: deadlines.quickMs,
});

/** The hard reset, with the looks that an unknown outcome asks for. */
export const resetting = proxyActivities<Pick<Activities, 'hardReset'>>({
  ...common,
  startToCloseTimeout: deadlines.resetAttemptMs,
});

/** Preflight may stream an image once to check a detached signature. */
export const patient = proxyActivities<Activities>({
  ...common,
  startToCloseTimeout: deadlines.preflightAttemptMs,
  scheduleToCloseTimeout: deadlines.preflightMs,
});

/** What a person waits for at the command line: told after the third failure, not in an hour. */
export const asking = proxyActivities<Activities>({
  ...common,
  startToCloseTimeout: deadlines.preflightAttemptMs,
  retry: { ...common.retry, maximumAttempts: 3 },
});

/**
 * Waits: each attempt looks for a minute and gives its slot back. The deadline is in the
 * activity's own arguments, because only it can say what was last seen.
 */
export const waiting = proxyActivities<Activities>({
  ...common,
  startToCloseTimeout: deadlines.waitAttemptMs,
});

/**
 * Work on the host, as a durable job: the activity only watches it, so the timeouts are about the
 * watcher. When the worker dies, the next one re-attaches.
 */
export const working = proxyActivities<Activities>({
  ...common,
  startToCloseTimeout: deadlines.workAttemptMs,
});
