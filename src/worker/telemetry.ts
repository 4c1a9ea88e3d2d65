import { Runtime, type Logger, type MetricsExporterConfig } from '@temporalio/worker';

import { metrics } from '../run/metrics.ts';

/**
 * Nobody can listen on the address for metrics: another worker does, or it is not ours.
 *
 * @where worker
 * @changed No run was touched.
 * @remedy Name another address, or end what listens there.
 * @example
 * The worker cannot show its metrics on 127.0.0.1:9464: Address already in use. Name another \
 * address (--metrics or IRONSTEP_METRICS_ADDRESS), or end what listens there. No run was touched.
 */
export class MetricsAddressTaken extends Error {
  override name = 'MetricsAddressTaken';
}

/**
 * Where the SDK's log goes, and where Prometheus finds its metrics and ours; nowhere when
 * `metricsAddress` is undefined. Throws MetricsAddressTaken.
 */
export function installTelemetry(logger: Logger, metricsAddress: string | undefined): void {
  try {
    Runtime.install({
      logger,
      shutdownSignals: ['SIGINT', 'SIGTERM'],
      telemetryOptions: {
        // Else the native part writes lines of its own, past our logger and its redaction.
        logging: { filter: { core: 'WARN', other: 'ERROR' }, forward: {} },
        ...(metricsAddress === undefined ? {} : { metrics: prometheusOn(metricsAddress) }),
      },
    });
  } catch (cause) {
    const words = cause instanceof Error ? cause.message : String(cause);
    if (metricsAddress === undefined || !words.includes('os error')) throw cause;
    throw new MetricsAddressTaken(
      `The worker cannot show its metrics on ${metricsAddress}: ${words}. Name another address ` +
        '(--metrics or IRONSTEP_METRICS_ADDRESS), or end what listens there. No run was touched.',
      { cause },
    );
  }
}

function prometheusOn(bindAddress: string): MetricsExporterConfig {
  const buckets: Record<string, number[]> = {};
  for (const metric of Object.values(metrics)) {
    if ('buckets' in metric) buckets[metric.name] = [...metric.buckets];
  }
  return {
    attachServiceName: false,
    prometheus: {
      bindAddress,
      // Seconds, and said in the name, as Prometheus wants it: Temporal's default is milliseconds.
      useSecondsForDurations: true,
      unitSuffix: true,
      histogramBucketOverrides: buckets,
    },
  };
}
