import { defaultPayloadConverter } from '@temporalio/common';
import type { WorkflowInterceptorsFactory } from '@temporalio/workflow';

import { runLabelsHeader } from '../run/run-labels.ts';
import { currentLabels } from './run-telemetry.ts';

/**
 * Every activity learns in a header for which server, phase and attempt it works, and every line
 * that the run logs carries the same. Headers are no part of what a replay compares. Not `async`:
 * a run must go through the same steps with this interceptor and without it.
 */
export const interceptors: WorkflowInterceptorsFactory = () => ({
  outbound: [
    {
      scheduleActivity(input, next) {
        const labels = currentLabels();
        if (labels === undefined) return next(input);
        const header = defaultPayloadConverter.toPayload(labels);
        return next({ ...input, headers: { ...input.headers, [runLabelsHeader]: header } });
      },
      getLogAttributes: (attributes, next) => next({ ...attributes, run: currentLabels() }),
    },
  ],
});
