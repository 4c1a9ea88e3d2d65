import { log, metricMeter } from '@temporalio/workflow';

import type { ServerRequest } from '../contract.ts';
import { metrics, type Labels, type Metric } from '../run/metrics.ts';
import type { System } from '../run/plan.ts';
import type { RunLabels } from '../run/run-labels.ts';
import type { RunListener } from '../run/run-record.ts';
import type { PhaseEntry } from '../run/status.ts';

/** Each run has modules of its own in the SDK's sandbox, so this is about one run only. */
const current: { provider: string; labels?: RunLabels } = { provider: '' };

/** The server, phase and attempt of this run at this moment; undefined before its first phase. */
export function currentLabels(): RunLabels | undefined {
  return current.labels;
}

/**
 * Tells the worker's log and metrics what happens to this run. Both are silent in a replay, and
 * every duration is by the run's own clock, so they say what its history says.
 */
export function tellOf({ server, provider }: ServerRequest): RunListener {
  current.provider = provider.kind;
  return {
    phaseBegan({ phase, attempt }) {
      current.labels = { server, phase, attempt };
      count(metrics.phaseAttempts, { provider: provider.kind, phase });
      log.info('phase began');
    },
    phaseEnded(entry, failure) {
      const { phase, summary } = entry;
      const outcome = outcomeOf(entry, failure);
      const tookSeconds = secondsSince(entry.startedAt);
      observe(metrics.phaseDuration, tookSeconds, { provider: provider.kind, phase, outcome });
      if (failure === undefined) log.info(`phase ${outcome}`, { tookSeconds, summary });
      else {
        count(metrics.phaseFailures, { provider: provider.kind, phase, error: failure });
        log.warn('phase failed', { tookSeconds, failure, summary });
      }
    },
    noted: (text) => log.info(text),
    personNeeded: ({ kind, title }) => log.warn('waits for a person', { attention: kind, title }),
    personAnswered({ kind, since }, phase) {
      const waitedSeconds = secondsSince(since);
      const labels = { provider: provider.kind, phase, attention: kind };
      observe(metrics.attentionDuration, waitedSeconds, labels);
      log.info('waits for a person no more', { attention: kind, waitedSeconds });
    },
    runEnded({ state, startedAt }) {
      count(metrics.runs, { provider: provider.kind, state });
      log.info('run ended', { state, tookSeconds: secondsSince(startedAt) });
    },
  };
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
