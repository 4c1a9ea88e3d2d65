import { defineQuery, defineUpdate } from '@temporalio/workflow';

import {
  messages,
  type AbortArgs,
  type Accepted,
  type ApproveArgs,
  type ResumeArgs,
} from '../contract.ts';
import type { RunStatus } from '../run/status.ts';

/** Updates and not signals, because a person wants to hear at once whether it was accepted. */
export const approveUpdate = defineUpdate<Accepted, [ApproveArgs]>(messages.approve);
export const resumeUpdate = defineUpdate<Accepted, [ResumeArgs]>(messages.resume);
export const abortUpdate = defineUpdate<Accepted, [AbortArgs]>(messages.abort);
export const statusQuery = defineQuery<RunStatus>(messages.status);
