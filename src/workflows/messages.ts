import { defineQuery, defineUpdate } from '@temporalio/workflow';

import { messages, type Accepted } from '../contract.ts';
import type { RunStatus } from '../run/status.ts';

/**
 * Updates and not signals, because a person wants to hear at once whether it was accepted. What
 * comes with them may be typed by hand: run/request-arguments.ts reads it.
 */
export const approveUpdate = defineUpdate<Accepted, unknown[]>(messages.approve);
export const resumeUpdate = defineUpdate<Accepted, unknown[]>(messages.resume);
export const skipUpdate = defineUpdate<Accepted, unknown[]>(messages.skip);
export const abortUpdate = defineUpdate<Accepted, unknown[]>(messages.abort);
export const statusQuery = defineQuery<RunStatus>(messages.status);
