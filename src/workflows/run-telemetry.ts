import { log, metricMeter, workflowInfo } from '@temporalio/workflow';

import type { ServerRequest } from '../contract.ts';
import { metrics, type Labels, type Metric } from '../run/metrics.ts';
import type { System } from '../run/plan.ts';
import type { RunLabels } from '../run/run-labels.ts';
import type { RunListener } from '../run/run-record.ts';
import type { RunSpan } from '../run/run-span.ts';
import type { PhaseEntry } from '../run/status.ts';

/** Each run has modules of its own in the SDK's sandbox, so this is about one run only. */
const current: { provider: string; labels?: RunLabels } = { provider: '' };

let tellSpan: (span: RunSpan) => void = () => {};

/** Who is told of every part of this run that is over; nobody, unless the worker traces. */
export function tellSpansTo(listener: (span: RunSpan) => void): void {
  tellSpan = listener;
}

/** The server, phase and attempt of this run at this moment; undefined before its first phase. */
export function currentLabels(): RunLabels | undefined {
  return current.labels;
}

/**
 * Tells the worker's log, metrics and traces what happens to this run. All are silent in a replay,
 * and every duration is by the run's own clock, so they say what its history says.
 */
export function tellOf({ server, provider: { kind: provider } }: ServerRequest): RunListener {
  current.provider = provider;
  return {
    phaseBegan({ phase, attempt }) {
      current.labels = { server, phase, attempt, entry: (current.labels?.entry ?? 0) + 1 };
      count(metrics.phaseAttempts, { provider, phase });
      log.info('phase began');
    },
    phaseEnded: (entry, failure) => phaseEnded(entry, failure),
    noted: (text) => log.info(text),
    personNeeded: ({ kind, title }) => log.warn('waits for a person', { attention: kind, title }),
    personAnswered({ kind: attention, since }, phase) {
      const waitedSeconds = secondsSince(since);
      observe(metrics.attentionDuration, waitedSeconds, { provider, phase, attention });
      log.info('waits for a person no more', { attention, waitedSeconds });
    },
    runEnded({ state, startedAt }) {
      count(metrics.runs, { provider, state });
      log.info('run ended', { state, tookSeconds: secondsSince(startedAt) });
      tellSpan({
        ...{ name: workflowInfo().workflowType, entry: 0, ...timesSince(startedAt) },
        attributes: { server, provider, state },
      });
    },
  };
}

function phaseEnded(entry: PhaseEntry, failure: string | undefined): void {
  const { phase, attempt, startedAt, summary } = entry;
  const { provider, labels } = current;
  const outcome = outcomeOf(entry, failure);
  const tookSeconds = secondsSince(startedAt);
  observe(metrics.phaseDuration, tookSeconds, { provider, phase, outcome });
  if (failure === undefined) log.info(`phase ${outcome}`, { tookSeconds, summary });
  else {
    count(metrics.phaseFailures, { provider, phase, error: failure });
    log.warn('phase failed', { tookSeconds, failure, summary });
  }
  tellSpan({
    ...{ name: phase, entry: labels?.entry ?? 0, ...timesSince(startedAt) },
    attributes: { server: labels?.server ?? '', provider, phase, attempt, outcome },
    ...(failure === undefined ? {} : { failure }),
  });
}

/** A system was proven to answer after a boot. */
export function bootSeen({ kind, waitedMs }: System): void {
  observe(metrics.bootDuration, waitedMs / 1000, { provider: current.provider, system: kind });
}

function outcomeOf({ state }: PhaseEntry, failure: string | undefined): string {
  if (state === 'done') return 'done';
  return failure === undefined ? 'stopped' : 'failed';
}

function count<Of extends Metric>({ name, help }: Of, labels: Labels<Of>): void {
  metricMeter.createCounter(name, '', help).add(1, labels);
}

/** Without a unit for the meter: it would be added to the name, which has it already. */
function observe<Of extends Metric>({ name, help }: Of, value: number, labels: Labels<Of>): void {
  metricMeter.createHistogram(name, 'float', '', help).record(value, labels);
}

function secondsSince(startedAt: string): number {
  return (Date.now() - Date.parse(startedAt)) / 1000;
}

function timesSince(startedAt: string): { startMs: number; endMs: number } {
  return { startMs: Date.parse(startedAt), endMs: Date.now() };
}
