import { randomBytes } from 'node:crypto';

import { diag, DiagLogLevel, SpanKind, SpanStatusCode, TraceFlags } from '@opentelemetry/api';
import type { HrTime, SpanContext } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor } from '@opentelemetry/sdk-trace';
import { Runtime } from '@temporalio/worker';

import { redact } from '../secrets/known-secrets.ts';

/** A span that is over. Times in ms since 1970; ids are hex digits. */
export type EndedSpan = {
  name: string;
  traceId: string;
  /** @default random, for what nobody else has to find */
  spanId?: string;
  parentId?: string;
  startMs: number;
  endMs: number;
  attributes: Record<string, string | number>;
  /** What went wrong: the class of the error, and its words. */
  error?: { type: string; message?: string };
};

/** Where spans go. */
export type SpanWriter = { write(span: EndedSpan): void; shutdown(): Promise<void> };

/**
 * Sends spans as OTLP over HTTP, in batches, without the secrets of this process. What OpenTelemetry
 * has to say about itself, a collector that is not there say, goes to the worker's log.
 */
export function openSpanWriter(): SpanWriter {
  const { logger } = Runtime.instance();
  const quiet = (): void => {};
  diag.setLogger(
    {
      error: (message) => logger.error(`tracing: ${message}`),
      warn: (message) => logger.warn(`tracing: ${message}`),
      ...{ info: quiet, debug: quiet, verbose: quiet },
    },
    DiagLogLevel.WARN,
  );
  const named = resourceFromAttributes({ 'service.name': 'ironstep-worker' });
  const resource = named.merge(detectResources({ detectors: [envDetector] }));
  const processor = new BatchSpanProcessor({ exporter: new OTLPTraceExporter() });
  const constant = {
    kind: SpanKind.INTERNAL,
    resource,
    instrumentationScope: { name: 'ironstep' },
    ...{ links: [], events: [], ended: true },
    ...{ droppedAttributesCount: 0, droppedEventsCount: 0, droppedLinksCount: 0 },
  };
  return {
    write({ name, traceId, parentId, startMs, endMs, attributes, error, ...given }) {
      const spanId = given.spanId ?? randomBytes(8).toString('hex');
      const context: SpanContext = { traceId, spanId, traceFlags: TraceFlags.SAMPLED };
      processor.onEnd({
        ...constant,
        name,
        spanContext: () => context,
        ...(parentId === undefined ? {} : { parentSpanContext: { ...context, spanId: parentId } }),
        startTime: hrTime(startMs),
        endTime: hrTime(endMs),
        duration: hrTime(endMs - startMs),
        attributes: cleaned({ ...attributes, ...(error && { 'error.type': error.type }) }),
        status:
          error === undefined
            ? { code: SpanStatusCode.UNSET }
            : { code: SpanStatusCode.ERROR, message: redact(error.message ?? error.type) },
      });
    },
    // A collector that is gone is no reason for a worker to end in an error.
    shutdown: () =>
      processor
        .shutdown()
        .catch((error: unknown) => logger.warn('tracing: the last spans were not sent', { error })),
  };
}

function cleaned(attributes: EndedSpan['attributes']): EndedSpan['attributes'] {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [
      name,
      typeof value === 'string' ? redact(value) : value,
    ]),
  );
}

/** Seconds and nanoseconds, as OpenTelemetry counts. */
function hrTime(timeMs: number): HrTime {
  const seconds = Math.floor(timeMs / 1000);
  return [seconds, Math.round((timeMs - seconds * 1000) * 1e6)];
}
