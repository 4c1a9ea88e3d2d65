import { parser } from '@prometheus-io/lezer-promql';

/** What a query asks for. */
export type Asked = { metrics: string[]; groupedBy: string[]; mistakes: string[] };

/** Grafana puts times in the place of its own variables before Prometheus sees a query. */
const grafanaTimes = /\$__(range|interval|rate_interval)/g;

/** Reads a PromQL query of a Grafana dashboard with Prometheus' own grammar. */
export function askedBy(query: string): Asked {
  const text = query.replaceAll(grafanaTimes, '5m');
  const asked: Asked = { metrics: [], groupedBy: [], mistakes: [] };
  parser.parse(text).iterate({
    enter({ type, from, to, node }) {
      const word = text.slice(from, to);
      if (type.isError) asked.mistakes.push(`${text.slice(0, from)}⟨here⟩`);
      if (type.name === 'VectorSelector') {
        const name = node.getChild('Identifier');
        if (name !== null) asked.metrics.push(text.slice(name.from, name.to));
      }
      if (type.name === 'LabelName' && node.parent?.name === 'GroupingLabels') {
        asked.groupedBy.push(word);
      }
    },
  });
  return asked;
}
