import type { Context } from '@temporalio/activity';
import type {
  ActivityInterceptors,
  ActivityInterceptorsFactory,
  InjectedSinks,
} from '@temporalio/worker';

import { spanIdOf, traceIdOf, type RunSpan } from '../run/run-span.ts';
import type { TraceSinks } from '../workflows/tracing-interceptor.ts';
import { activityEnd, type ActivityEnd } from './activity-end.ts';
import type { EndedSpan, SpanWriter } from './open-telemetry.ts';
import { labelsIn } from './run-labels-interceptor.ts';

/** What a worker needs so that its runs are traced. */
export type Tracing = {
  activity: ActivityInterceptorsFactory[];
  sinks: InjectedSinks<TraceSinks>;
  /** Sends what was not sent yet. */
  shutdown(): Promise<void>;
};

/**
 * Traces of runs, to where OTEL_EXPORTER_OTLP_ENDPOINT (or _TRACES_ENDPOINT) says; without it null,
 * and OpenTelemetry is not even loaded. One trace a run: in it the attempts of its phases, in these
 * the attempts at their activities. Times of a phase are Temporal's, of an activity this machine's.
 */
export async function openTracing(env: NodeJS.ProcessEnv = process.env): Promise<Tracing | null> {
  if (!isWanted(env)) return null;
  const { openSpanWriter } = await import('./open-telemetry.ts');
  const writer = openSpanWriter();
  return {
    activity: [(context) => tracedActivity(context, writer)],
    sinks: { traces: { ended: { fn: (run, span) => writer.write(spanOf(run, span)) } } },
    shutdown: () => writer.shutdown(),
  };
}

type RunId = { workflowId: string; runId: string };

function isWanted(env: NodeJS.ProcessEnv): boolean {
  const endpoint = env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'] || env['OTEL_EXPORTER_OTLP_ENDPOINT'];
  const isOff = env['OTEL_SDK_DISABLED'] === 'true' || env['OTEL_TRACES_EXPORTER'] === 'none';
  return Boolean(endpoint) && !isOff;
}

/** What a run told, as the span of the whole run or of a phase in it. */
function spanOf({ runId, workflowId }: RunId, told: RunSpan): EndedSpan {
  const { entry, attributes, failure, ...span } = told;
  return {
    ...span,
    traceId: traceIdOf(runId),
    spanId: spanIdOf(runId, entry),
    ...(entry === 0 ? {} : { parentId: spanIdOf(runId, 0) }),
    attributes: { ...attributes, workflowId, runId },
    ...(failure === undefined ? {} : { error: { type: failure } }),
  };
}

function tracedActivity(
  { info, cancellationSignal }: Context,
  writer: SpanWriter,
): ActivityInterceptors {
  const { workflowExecution: run } = info;
  if (run === undefined) return {};
  return {
    inbound: {
      async execute({ headers, ...input }, next) {
        const { entry = 0, ...labels } = labelsIn(headers) ?? {};
        const startMs = Date.now();
        const ended = (end: ActivityEnd | { kind: 'done' }): void =>
          writer.write({
            name: info.activityType,
            traceId: traceIdOf(run.runId),
            parentId: spanIdOf(run.runId, entry),
            ...{ startMs, endMs: Date.now() },
            attributes: { ...labels, ...run, activityAttempt: info.attempt, outcome: end.kind },
            ...(end.kind === 'failed' ? { error: end } : {}),
          });
        try {
          const result = await next({ headers, ...input });
          ended({ kind: 'done' });
          return result;
        } catch (error) {
          ended(activityEnd(error, cancellationSignal));
          throw error;
        }
      },
    },
  };
}
