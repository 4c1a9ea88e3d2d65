import { PanelBuilder as BarGaugeBuilder } from '@grafana/grafana-foundation-sdk/bargauge';
import {
  GraphDrawStyle,
  ReduceDataOptionsBuilder,
  StackingConfigBuilder,
  StackingMode,
  VizOrientation,
} from '@grafana/grafana-foundation-sdk/common';
import { ThresholdsConfigBuilder, ThresholdsMode } from '@grafana/grafana-foundation-sdk/dashboard';
import { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as TimeseriesBuilder } from '@grafana/grafana-foundation-sdk/timeseries';

/** The Prometheus that is chosen on top of the dashboard. */
export const source = { type: 'prometheus', uid: '${datasource}' };

/** PromQL by the words of its legend. */
type Queries = Record<string, string>;

/** Numbers of this moment, or of the whole time that is shown; from `warnFrom` on in orange. */
export function numbers(title: string, queries: Queries, { warnFrom }: { warnFrom?: number } = {}) {
  const panel = new StatBuilder()
    .title(title)
    .datasource(source)
    .targets(targets(queries).map((target) => target.instant()))
    .reduceOptions(last())
    .noValue('0')
    .decimals(0)
    .span(6)
    .height(4);
  if (warnFrom === undefined) return panel;
  const steps = [
    { value: null, color: 'green' },
    { value: warnFrom, color: 'orange' },
  ];
  return panel.thresholds(new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps(steps));
}

/** Values over time; `unit` is a name of Grafana's. */
export function lines(title: string, queries: Queries, unit = 'short') {
  return overTime(title, queries).unit(unit);
}

/** Events over time, piled up; a bar is at least a minute, so that it holds some scrapes. */
export function bars(title: string, queries: Queries) {
  return overTime(title, queries)
    .interval('1m')
    .decimals(0)
    .drawStyle(GraphDrawStyle.Bars)
    .fillOpacity(80)
    .stacking(new StackingConfigBuilder().mode(StackingMode.Normal).group('A'));
}

/** One bar for each name, over the whole time that is shown. */
export function byName(title: string, queries: Queries, unit: string) {
  return new BarGaugeBuilder()
    .title(title)
    .datasource(source)
    .targets(targets(queries).map((target) => target.instant()))
    .reduceOptions(last())
    .orientation(VizOrientation.Horizontal)
    .unit(unit)
    .min(0)
    .span(12)
    .height(8);
}

function overTime(title: string, queries: Queries) {
  return new TimeseriesBuilder()
    .title(title)
    .datasource(source)
    .targets(targets(queries).map((target) => target.range()))
    .min(0)
    .span(12)
    .height(8);
}

function targets(queries: Queries): DataqueryBuilder[] {
  return Object.entries(queries).map(([legend, expr], index) =>
    new DataqueryBuilder()
      .refId(String.fromCharCode('A'.charCodeAt(0) + index))
      .datasource(source)
      .expr(expr)
      .legendFormat(legend),
  );
}

function last(): ReduceDataOptionsBuilder {
  return new ReduceDataOptionsBuilder().calcs(['lastNotNull']).values(false);
}
