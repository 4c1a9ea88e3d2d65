import {
  DashboardBuilder,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  RowBuilder,
  VariableRefresh,
  type Dashboard,
} from '@grafana/grafana-foundation-sdk/dashboard';

import { metrics } from '../../src/run/metrics.ts';
import { bars, byName, lines, numbers, source } from './panels.ts';
import { eventsIn, meanIn, quantileIn } from './queries.ts';

/** Where Grafana's file provisioning or an import finds it. */
export const dashboardFile = new URL('../../deploy/grafana/ironstep.json', import.meta.url);

/** What stands in that file. */
export function dashboardText(): string {
  return `${JSON.stringify(dashboard(), null, 2)}\n`;
}

/** The whole time that the dashboard shows, and one bar of it. */
const all = '$__range';
const bar = '$__interval';

/**
 * The dashboard of a fleet, in Grafana's classic form, which every version imports. It works with
 * whatever Prometheus is chosen on top, so that it can be provisioned as a file.
 */
function dashboard(): Dashboard {
  const builder = new DashboardBuilder('ironstep')
    .uid('ironstep')
    .description('Servers that are provisioned, what waits for a person, and the workers.')
    .tags(['ironstep', 'temporal'])
    .time({ from: 'now-7d', to: 'now' })
    .refresh('1m')
    .timezone('browser')
    .annotations([])
    .withVariable(
      new DatasourceVariableBuilder('datasource').label('Prometheus').type('prometheus'),
    )
    .withVariable(
      new QueryVariableBuilder('provider')
        .label('Provider')
        .datasource(source)
        .query(`label_values(${metrics.phaseAttempts.name}, provider)`)
        .refresh(VariableRefresh.OnTimeRangeChanged)
        .multi(true)
        .includeAll(true)
        .allValue('.*'),
    );
  let id = 0;
  const rows = { Servers: servers(), Phases: phases(), 'Workers and Temporal': workers() };
  for (const [title, panels] of Object.entries(rows)) {
    builder.withRow(new RowBuilder(title).id((id += 1)));
    for (const panel of panels) builder.withPanel(panel.id((id += 1)));
  }
  return builder.build();
}

/** How many servers, and who is needed. */
function servers() {
  const waiting = `max by (attention) (${metrics.serversWaiting.name})`;
  return [
    // Every worker counts all servers, so the maximum is the number.
    numbers('Wait for a person now', { '{{attention}}': waiting }, { warnFrom: 1 }),
    numbers('Runs under way', { runs: `max(${metrics.runsOpen.name})` }),
    numbers('Runs that ended', { '{{state}}': eventsIn(all, metrics.runs, 'state') }),
    numbers('Workers', { workers: `count(${metrics.runsOpen.name})` }),
    lines('Wait for a person', { '{{attention}}': waiting }),
    byName(
      'How long a person was waited for, on average',
      { '{{attention}}': meanIn(all, metrics.attentionDuration, 'attention') },
      's',
    ),
  ];
}

/** What phases do, how long they take and what fails in them. */
function phases() {
  const { phaseAttempts, phaseDuration, phaseFailures, bootDuration, activityFailures } = metrics;
  const failed = eventsIn(all, phaseFailures, 'phase', 'error');
  const boot = quantileIn(all, 0.5, bootDuration, 'provider', 'system');
  const calls = eventsIn(bar, activityFailures, 'activityType', 'error');
  const within = (quantile: number) => quantileIn(all, quantile, phaseDuration, 'phase');
  return [
    bars('Attempts', { '{{phase}}': eventsIn(bar, phaseAttempts, 'phase') }),
    byName('Failures', { '{{phase}} {{error}}': failed }, 'short'),
    byName('How long a phase takes: median', { '{{phase}}': within(0.5) }, 's'),
    byName('How long a phase takes: 9 of 10 are faster', { '{{phase}}': within(0.9) }, 's'),
    byName('From reset to SSH: median', { '{{provider}} {{system}}': boot }, 's'),
    bars('Calls that failed', { '{{activityType}} {{error}}': calls }),
  ];
}

/** Whether workers keep up, by Temporal's own metrics. */
function workers() {
  const slots = 'sum by (instance, worker_type) (temporal_worker_task_slots_used)';
  const requests = 'sum by (operation) (rate(temporal_request[$__rate_interval]))';
  const waits = {
    activities: latency('temporal_activity_schedule_to_start_latency_seconds'),
    workflows: latency('temporal_workflow_task_schedule_to_start_latency_seconds'),
  };
  return [
    lines('Work that a worker has in hand', { '{{instance}} {{worker_type}}': slots }),
    lines('How long work waits for a worker: 19 of 20 less', waits, 's'),
    lines('Requests to Temporal', { '{{operation}}': requests }, 'reqps'),
    lines('Runs in the memory of a worker', {
      '{{instance}}': 'sum by (instance) (temporal_sticky_cache_size)',
    }),
  ];
}

function latency(name: string): string {
  return `histogram_quantile(0.95, sum by (le) (rate(${name}_bucket[$__rate_interval])))`;
}
