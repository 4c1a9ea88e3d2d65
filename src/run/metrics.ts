/** What one metric of ironstep is; docs/reference/metrics.md is made of these. */
export type Metric = {
  /** As Prometheus shows it: the unit last, `_total` for a counter. */
  name: string;
  kind: 'counter' | 'gauge' | 'histogram';
  /** Our own labels; `shownLabels` has those that Temporal's SDK adds as well. */
  labels: readonly string[];
  /** Who records it, and so which labels of the SDK it has. */
  recordedBy: 'run' | 'activity' | 'worker';
  help: string;
  /** Upper bounds of a histogram. */
  buckets?: readonly number[];
};

const minute = 60;
const hour = 60 * minute;
const day = 24 * hour;

/** From a look of one second to the rewrite of a large disk. */
const phaseBuckets = [
  ...[1, 5, 15, 30],
  ...[1, 2, 5, 10, 20, 40].map((minutes) => minutes * minute),
  ...[1, 2, 4, 12].map((hours) => hours * hour),
];

/** People answer at once, after lunch, on Monday, or when a technician has been there. */
const personBuckets = [
  ...[1, 5, 15].map((minutes) => minutes * minute),
  ...[1, 4, 12].map((hours) => hours * hour),
  ...[1, 3, 7, 30].map((days) => days * day),
];

/** From a virtual machine to a server with much RAM, and a rescue that comes up late. */
const bootBuckets = [10, 20, 30, 45, ...[1, 1.5, 2, 3, 5, 10, 20, 40].map((each) => each * minute)];

/**
 * Every metric of ironstep. None has the server as a label: a series for each server that was ever
 * rented would never end. Which server it was, the log and `ironstep list` say.
 */
export const metrics = {
  phaseAttempts: {
    name: 'ironstep_phase_attempts_total',
    kind: 'counter',
    labels: ['provider', 'phase'],
    recordedBy: 'run',
    help: 'Attempts of phases that began.',
  },
  phaseDuration: {
    name: 'ironstep_phase_duration_seconds',
    kind: 'histogram',
    labels: ['provider', 'phase', 'outcome'],
    recordedBy: 'run',
    help:
      'How long an attempt of a phase took, as in the timeline; `approve` includes the wait for ' +
      'the yes. outcome: done, failed, or stopped (the run was refused or aborted in it).',
    buckets: phaseBuckets,
  },
  phaseFailures: {
    name: 'ironstep_phase_failures_total',
    kind: 'counter',
    labels: ['provider', 'phase', 'error'],
    recordedBy: 'run',
    help: 'Attempts of phases that failed, by the class of the error.',
  },
  activityFailures: {
    name: 'ironstep_activity_failures_total',
    kind: 'counter',
    labels: ['phase', 'error'],
    recordedBy: 'activity',
    help:
      'Attempts of activities that failed, by the class of the error. Most are tried again by ' +
      'themselves; "not yet" of an activity that waits is no failure.',
  },
  bootDuration: {
    name: 'ironstep_boot_duration_seconds',
    kind: 'histogram',
    labels: ['provider', 'system'],
    recordedBy: 'run',
    help:
      'From a reset or reboot to the SSH banner of the system that was then proven. system: ' +
      'rescue or installed.',
    buckets: bootBuckets,
  },
  attentionDuration: {
    name: 'ironstep_attention_duration_seconds',
    kind: 'histogram',
    labels: ['provider', 'phase', 'attention'],
    recordedBy: 'run',
    help:
      'How long a run waited for a person, once it waits no more. attention: approval (a yes to ' +
      'what dies on the disk) or failed.',
    buckets: personBuckets,
  },
  runs: {
    name: 'ironstep_runs_total',
    kind: 'counter',
    labels: ['provider', 'state'],
    recordedBy: 'run',
    help: 'Runs that ended. state: ready, done, refused, aborted or failed.',
  },
  serversWaiting: {
    name: 'ironstep_servers_waiting',
    kind: 'gauge',
    labels: ['attention'],
    recordedBy: 'worker',
    help:
      'Servers whose run waits for a person now. Counted in Temporal every 15 s, so every worker ' +
      'shows all of them: take the maximum, not the sum. NaN while Temporal cannot be asked.',
  },
  runsOpen: {
    name: 'ironstep_runs_open',
    kind: 'gauge',
    labels: [],
    recordedBy: 'worker',
    help: 'Servers that have a run now, waiting or not. Counted as ironstep_servers_waiting is.',
  },
} as const satisfies Record<string, Metric>;

/** What Temporal's SDK adds, under its own names, to what a run or an activity records. */
const sdkLabels: Record<Metric['recordedBy'], readonly string[]> = {
  run: ['namespace', 'taskQueue', 'workflowType'],
  activity: ['namespace', 'taskQueue', 'activityType'],
  worker: [],
};

/** Every label that a sample of this metric shows. */
export function shownLabels({ labels, recordedBy }: Metric): string[] {
  return [...labels, ...sdkLabels[recordedBy]];
}

/** The values that one sample of a metric needs: no label is forgotten, none is invented. */
export type Labels<Of extends Metric> = Record<Of['labels'][number], string>;
