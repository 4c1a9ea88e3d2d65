import { metrics, shownLabels } from '../../src/run/metrics.ts';
import type { Metric } from '../../src/run/metrics.ts';
import { code, page, table } from './markdown.ts';

/** The page of the metrics: every one of ours, as the source defines it. */
export function metricsPage(): string {
  const all: Metric[] = Object.values(metrics);
  return page([
    '# Metrics',
    'What a worker shows at `/metrics` when it runs with `--metrics` or `IRONSTEP_METRICS_ADDRESS` ' +
      '([how to](../guide/observability.md)). No metric has the server as a label.',
    table(['metric', 'kind', 'labels', 'meaning'], all.map(row)),
    'Histograms have `_bucket`, `_sum` and `_count`. Labels in camel case are added by the SDK; ' +
      '`workflowType` tells what kind of run it was.',
    '## Buckets',
    table(
      ['histogram', 'upper bounds in seconds'],
      all.flatMap(({ name, buckets }) =>
        buckets === undefined ? [] : [[code(name), buckets.join(', ')]],
      ),
    ),
    "## Temporal's own",
    'On the same page, named `temporal_…`, with durations in seconds (`_seconds`). ' +
      "[Temporal's reference](https://docs.temporal.io/references/sdk-metrics) explains each; counters have no " +
      '`_total` there. Calls to a provider are activities: `temporal_activity_execution_latency_seconds_count' +
      '{activity_type="hardReset"}` counts the attempts at a hard reset.',
  ]);
}

function row(metric: Metric): string[] {
  const labels = shownLabels(metric).map(code).join(', ');
  return [code(metric.name), metric.kind, labels, metric.help];
}
