import type { Context } from '@temporalio/activity';
import { defaultPayloadConverter } from '@temporalio/common';
import type { ActivityInterceptors, Headers } from '@temporalio/worker';

import { metrics, type Labels } from '../run/metrics.ts';
import { runLabelsHeader, runLabelsIn, type RunLabels } from '../run/run-labels.ts';
import { activityEnd } from './activity-end.ts';

/**
 * Reads for which server, phase and attempt the run called an activity: for its log lines, and to
 * count what fails in it and is tried again, of which the run hears nothing.
 */
export function runLabelsInterceptor(context: Context): ActivityInterceptors {
  let labels: RunLabels | undefined;
  return {
    inbound: {
      async execute(input, next) {
        labels = labelsIn(input.headers);
        try {
          return await next(input);
        } catch (error) {
          countFailure(context, error, labels);
          throw error;
        }
      },
    },
    outbound: { getLogAttributes: (attributes, next) => next({ ...attributes, run: labels }) },
  };
}

/** The labels in the headers of an activity, if a run of this version or a similar one set them. */
export function labelsIn(headers: Headers): RunLabels | undefined {
  const header = headers[runLabelsHeader];
  if (header === undefined) return undefined;
  try {
    return runLabelsIn(defaultPayloadConverter.fromPayload(header));
  } catch {
    // Encoded in a way that this version does not know. It is for reading only: work goes on.
    return undefined;
  }
}

function countFailure(context: Context, error: unknown, labels: RunLabels | undefined): void {
  const end = activityEnd(error, context.cancellationSignal);
  if (end.kind !== 'failed') return;
  const { name, help } = metrics.activityFailures;
  const tags: Labels<typeof metrics.activityFailures> = {
    phase: labels?.phase ?? 'unknown',
    error: end.type,
  };
  context.metricMeter.createCounter(name, '', help).add(1, tags);
}
