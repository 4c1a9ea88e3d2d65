/** One line of what a Prometheus exporter shows. */
export type Sample = { name: string; labels: Record<string, string>; value: number };

/** What stands at http://ADDRESS/metrics now (Prometheus text format 0.0.4). */
export async function scrape(address: string): Promise<Sample[]> {
  const answer = await fetch(`http://${address}/metrics`);
  const lines = (await answer.text()).split('\n').filter((line) => /^[a-z]/.test(line));
  return lines.map((line) => {
    const [, name = '', labels = '', value = ''] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
    const pairs = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)];
    const named = pairs.map(([, label = '', text = '']) => [label, text]);
    return { name, labels: Object.fromEntries(named) as Record<string, string>, value: +value };
  });
}

/** The sum of one metric for each value of a label. */
export function sumBy(samples: Sample[], name: string, label: string): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const { labels, value } of samples.filter((sample) => sample.name === name)) {
    const key = labels[label] ?? '';
    sums[key] = (sums[key] ?? 0) + value;
  }
  return sums;
}
