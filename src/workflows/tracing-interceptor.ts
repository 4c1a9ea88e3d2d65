import { proxySinks, type Sinks, type WorkflowInterceptorsFactory } from '@temporalio/workflow';

import type { RunSpan } from '../run/run-span.ts';
import { tellSpansTo } from './run-telemetry.ts';

/** What a worker that traces takes from its runs. */
export interface TraceSinks extends Sinks {
  traces: { ended(span: RunSpan): void };
}

/**
 * Bundled only by a worker that traces. It intercepts nothing: what is traced is told to the worker
 * on the side, so that a run takes the same steps with and without it. (Temporal's own tracing
 * interceptors delay the answer to an Update; a run that was answered under them fails its replay
 * without them: TMPRL1100, seen with 1.24.0.)
 */
export const interceptors: WorkflowInterceptorsFactory = () => {
  const { traces } = proxySinks<TraceSinks>();
  tellSpansTo((span) => traces.ended(span));
  return {};
};
