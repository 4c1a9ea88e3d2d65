import type { Metric } from '../../src/run/metrics.ts';

/** Only the providers that are chosen on top of the dashboard. */
const chosen = 'provider=~"$provider"';

/** How often it happened in a time range, by labels. `range` is a variable of Grafana. */
export function eventsIn(range: string, { name, labels }: Metric, ...by: string[]): string {
  return `sum by (${by.join(', ')}) (${grown(range, name, labels)})`;
}

/** The average of what a histogram saw in a time range, by labels. */
export function meanIn(range: string, { name, labels }: Metric, ...by: string[]): string {
  const sum = (part: string) =>
    `sum by (${by.join(', ')}) (${grown(range, `${name}_${part}`, labels)})`;
  return `${sum('sum')} / ${sum('count')}`;
}

/** The value below which this part of what a histogram saw in a time range lies, by labels. */
export function quantileIn(
  range: string,
  quantile: number,
  { name, labels }: Metric,
  ...by: string[]
): string {
  const buckets = grown(range, `${name}_bucket`, labels);
  return `histogram_quantile(${quantile}, sum by (le, ${by.join(', ')}) (${buckets}))`;
}

/**
 * What a counter grew by. `increase` alone misses the first event of a series, which begins at 1
 * and not at 0 (prometheus#1673): where every event matters, that is most of them.
 */
function grown(range: string, name: string, labels: readonly string[]): string {
  const series = labels.includes('provider') ? `${name}{${chosen}}` : name;
  const isNew = `last_over_time(${series}[${range}]) unless ${series} offset ${range}`;
  return `(${isNew}) or increase(${series}[${range}])`;
}
