import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';

import { Client } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { parse } from 'yaml';

import { RunClient, type RunReference } from '../../src/client.ts';
import type { LiveStatus } from '../../src/client/live-status.ts';
import { freePort } from '../../src/dev/free-port.ts';
import { dashboardFile } from '../../scripts/grafana/dashboard.ts';
import { metrics, shownLabels, type Metric } from '../../src/run/metrics.ts';
import { askedBy } from '../promql.ts';
import { requestOf } from '../fixtures/provision-request.ts';
import { runInHistory, type Interval, type RunInHistory } from '../run-in-history.ts';
import { scrape, sumBy, type Sample } from '../scrape.ts';
import { startLocalTemporal } from './local-temporal.ts';
import { homeConverter, workerHome, WorkerProcess } from './worker-process.ts';

const alertsFile = new URL('../../deploy/prometheus/alerts.yml', import.meta.url);

let temporal: TestWorkflowEnvironment;
let runs: RunClient;
let home: Awaited<ReturnType<typeof workerHome>>;
let metricsAddress: string;
let env: NodeJS.ProcessEnv;

beforeAll(async () => {
  temporal = await startLocalTemporal();
  home = await workerHome(temporal.address);
  metricsAddress = `127.0.0.1:${await freePort(0)}`;
  env = { ...home.env, IRONSTEP_METRICS_ADDRESS: metricsAddress };
  const { connection } = temporal;
  const client = new Client({ connection, dataConverter: await homeConverter(home.folder) });
  runs = new RunClient(client, temporal.address);
});
afterAll(async () => {
  await temporal?.teardown();
  await rm(home.folder, { recursive: true });
});

/** Looks at a run until it is as wanted, and helps where a rescue failed. */
async function until(run: RunReference, wanted: (now: LiveStatus) => boolean): Promise<LiveStatus> {
  return vi.waitFor(
    async () => {
      const now = await runs.status(run);
      if (now.attention?.kind === 'rescue') await runs.resume(run, { by: 'test' });
      expect(wanted(now)).toBe(true);
      return now;
    },
    { timeout: 60_000, interval: 200 },
  );
}

const asksForYes = ({ attention }: LiveStatus) => attention?.kind === 'approval';
const isReady = ({ state }: LiveStatus) => state === 'ready';

function sum(records: Record<string, number>[]): Record<string, number> {
  const total: Record<string, number> = {};
  for (const [key, value] of records.flatMap(Object.entries)) {
    total[key] = (total[key] ?? 0) + value;
  }
  return total;
}

function countOf(names: string[]): Record<string, number> {
  return sum(names.map((name) => ({ [name]: 1 })));
}

function secondsOf(intervals: Interval[]): Record<string, number> {
  return sum(intervals.map(({ name, seconds }) => ({ [name]: seconds })));
}

describe('two runs, of which one has trouble, with a worker that is replaced while they wait', () => {
  const lines: Record<string, unknown>[] = [];
  const text: string[] = [];
  let gauges: Sample[];
  let ends: LiveStatus[];
  let histories: RunInHistory[];
  /** What the first worker showed at its end and the second at its own: as `increase` adds them. */
  let shown: Sample[];

  beforeAll(async () => {
    const first = new WorkerProcess(env, '--trouble');
    const started = [
      await runs.start('provision', requestOf('shrink', 'core1')),
      await runs.start('provision', requestOf('presize', 'core2')),
    ];
    await Promise.all(started.map((run) => until(run, asksForYes)));
    const before = await scrape(metricsAddress);
    expect(await first.stop()).toBe(0);
    const second = new WorkerProcess(env);
    gauges = await vi.waitFor(
      async () => {
        const samples = await scrape(metricsAddress);
        expect(samples.map(({ name }) => name)).toContain('ironstep_servers_waiting');
        return samples;
      },
      { timeout: 30_000, interval: 200 },
    );
    const approval = { by: 'test', wipe: 'SERIAL-1:7c1e90aabbcc' };
    for (const run of started) await runs.approve(run, approval);
    ends = await Promise.all(started.map((run) => until(run, isReady)));
    shown = [...before, ...(await scrape(metricsAddress))];
    expect(await second.stop()).toBe(0);
    text.push(...first.lines, ...second.lines);
    lines.push(...text.map((line) => JSON.parse(line) as Record<string, unknown>));
    histories = await Promise.all(
      started.map(async ({ workflowId }) =>
        runInHistory(await temporal.client.workflow.getHandle(workflowId).fetchHistory()),
      ),
    );
  });

  it('shows as many attempts of each phase as the histories have', () => {
    const phases = histories.flatMap((history) => history.phases.map(({ name }) => name));
    expect(phases.length).toBeGreaterThan(20);
    const attempts = sumBy(shown, 'ironstep_phase_attempts_total', 'phase');
    expect(attempts).toEqual(countOf(phases));
    expect(sumBy(shown, 'ironstep_phase_duration_seconds_count', 'phase')).toEqual(attempts);
  });

  it('shows the durations and waits that the histories have', () => {
    // Both sides read one clock, the server's time at the start of the workflow task that decided:
    // a run has no other. The SDK rounds it to milliseconds, once at each end of an interval.
    const roundingSeconds = 0.001;
    const compare = (name: string, label: string, intervals: Interval[]) => {
      const expected = secondsOf(intervals);
      const found = sumBy(shown, `${name}_sum`, label);
      expect(Object.keys(found).toSorted()).toEqual(Object.keys(expected).toSorted());
      for (const [key, seconds] of Object.entries(expected)) {
        const many = intervals.filter(({ name: each }) => each === key).length;
        expect(seconds).toBeGreaterThan(0);
        expect(Math.abs((found[key] ?? 0) - seconds)).toBeLessThanOrEqual(many * roundingSeconds);
      }
    };
    const phases = histories.flatMap((history) => history.phases);
    const waits = histories.flatMap((history) => history.waits);
    expect(countOf(waits.map(({ name }) => name))).toEqual({ approval: 2, rescue: 1 });
    compare('ironstep_phase_duration_seconds', 'phase', phases);
    compare('ironstep_attention_duration_seconds', 'attention', waits);
  });

  it('shows failures by class: of phases, and of calls that were tried again', () => {
    const ended = countOf(histories.flatMap((history) => history.endedActivities));
    expect(ended).toEqual({ ServerSilent: 1 });
    expect(sumBy(shown, 'ironstep_phase_failures_total', 'error')).toEqual(ended);
    expect(sumBy(shown, 'ironstep_phase_failures_total', 'phase')).toEqual({ rescue: 1 });
    const retried = countOf(histories.flatMap((history) => history.retries));
    expect(retried).toEqual({ Error: 1 });
    const failures = sumBy(shown, 'ironstep_activity_failures_total', 'error');
    expect(failures).toEqual(sum([ended, retried]));
    expect(sumBy(shown, 'ironstep_activity_failures_total', 'phase')).toEqual({ rescue: 2 });
  });

  it('shows boots and runs as the reports have them', () => {
    const boots = ends.reduce((all, { report }) => all + (report?.boots ?? Number.NaN), 0);
    const systems = sumBy(shown, 'ironstep_boot_duration_seconds_count', 'system');
    expect(systems).toEqual({ rescue: boots / 2, installed: boots / 2 });
    expect(sumBy(shown, 'ironstep_runs_total', 'state')).toEqual({ ready: 2 });
  });

  it("shows the SDK's metrics on the same page", () => {
    const called = sumBy(
      shown,
      'temporal_activity_execution_latency_seconds_count',
      'activity_type',
    );
    const scheduled = sum(histories.map(({ activities }) => activities));
    // One attempt more of what was tried again.
    expect(called).toEqual({ ...scheduled, armRescue: (scheduled['armRescue'] ?? 0) + 1 });
  });

  it('shows every metric of the reference, with its labels', () => {
    const all: Metric[] = Object.values(metrics);
    for (const metric of all) {
      const name = metric.kind === 'histogram' ? `${metric.name}_count` : metric.name;
      const labels = shown.find((sample) => sample.name === name)?.labels ?? { never: 'shown' };
      expect([name, ...Object.keys(labels).toSorted()]).toEqual([
        name,
        ...shownLabels(metric).toSorted(),
      ]);
    }
  });

  it('shows everything that the dashboard and the alerts ask for, by name and label', () => {
    const { panels } = JSON.parse(readFileSync(dashboardFile, 'utf8')) as {
      panels: { targets?: { expr: string }[] }[];
    };
    const { groups } = parse(readFileSync(alertsFile, 'utf8')) as {
      groups: { rules: { expr: string }[] }[];
    };
    const asking = [
      ...panels.flatMap(({ targets = [] }) => targets),
      ...groups.flatMap(({ rules }) => rules),
    ];
    const queries = asking.map(({ expr }) => askedBy(expr));
    expect(queries.length).toBeGreaterThan(10);
    expect(queries.flatMap(({ mistakes }) => mistakes)).toEqual([]);
    for (const { metrics: names, groupedBy } of queries) {
      expect(names).not.toEqual([]);
      const asked = shown.filter(({ name }) => names.includes(name));
      expect([...new Set(asked.map(({ name }) => name))].toSorted()).toEqual(
        [...new Set(names)].toSorted(),
      );
      // Prometheus itself adds where a sample comes from.
      const labels = ['instance', ...asked.flatMap((sample) => Object.keys(sample.labels))];
      expect(labels).toEqual(expect.arrayContaining(groupedBy));
    }
  });

  it('a new worker shows at once who waits, though it did not see them come', () => {
    const waiting = sumBy(gauges, 'ironstep_servers_waiting', 'attention');
    expect(waiting).toEqual({ approval: 2, failed: 0, rescue: 0 });
    expect(sumBy(gauges, 'ironstep_runs_open', '')).toEqual({ '': 2 });
    expect(gauges.map(({ name }) => name)).not.toContain('ironstep_phase_attempts_total');
  });

  it('logs every line about a run with run, server, phase and attempt', () => {
    const ids = Object.fromEntries(
      ['core1', 'core2'].map((name) => [`server/ovh/${name}.example.net`, name]),
    );
    const about = lines.filter((line) => 'runId' in line || 'workflowId' in line);
    expect(about.length).toBeGreaterThan(40);
    for (const line of about) {
      expect(line).toMatchObject({
        ...{ level: expect.any(String), time: expect.any(String), msg: expect.any(String) },
        ...{ runId: expect.any(String), phase: expect.any(String), attempt: expect.any(Number) },
        server: ids[String(line['workflowId'])],
      });
      expect(line).not.toHaveProperty('taskToken');
    }
    const began = lines.filter(({ msg }) => msg === 'phase began');
    for (const [at, { server }] of ends.entries()) {
      const logged = began.filter((line) => line['server'] === server);
      const inHistory = histories[at]?.phases.map(({ name, attempt }) => [name, attempt]);
      expect(logged.map(({ phase, attempt }) => [phase, attempt])).toEqual(inHistory);
    }
    expect(lines).toContainEqual(
      expect.objectContaining({
        msg: 'Activity failed',
        activityType: 'waitForRescue',
        phase: 'rescue',
      }),
    );
  });

  it('logs no secret, whatever is logged', () => {
    expect(lines.filter(({ msg }) => msg === 'everything')).toHaveLength(2);
    const all = text.join('\n');
    expect(all).toContain('[secret]');
    for (const canary of Object.values(home.canaries)) {
      expect(all).not.toContain(canary);
      expect(all).not.toContain(Buffer.from(canary).join(','));
    }
    expect(all).not.toMatch(/PRIVATE KEY/);
  });
});

it('a worker whose address for metrics is taken says so and does not start', async () => {
  const { port } = new URL(`http://${temporal.address}`);
  const worker = new WorkerProcess({ ...env, IRONSTEP_METRICS_ADDRESS: port });
  expect(await worker.over).not.toBe(0);
  expect(worker.lines.join('\n')).toMatch(
    new RegExp(`MetricsAddressTaken: .* on 127.0.0.1:${port}: .*in use.*No run was touched`),
  );
});
