import { LogTimestamp, type Logger, type LogLevel } from '@temporalio/worker';
import { destination, pino } from 'pino';

import type { RunLabels } from '../run/run-labels.ts';
import { redact } from '../secrets/known-secrets.ts';

/**
 * IRONSTEP_LOG_LEVEL is no level. The person must correct it.
 *
 * @where worker
 * @changed Nothing was started.
 * @remedy Set it to one of the levels in the message, or unset it.
 * @example
 * IRONSTEP_LOG_LEVEL is "loud". Use one of trace, debug, info, warn, error.
 */
export class LogLevelInvalid extends Error {
  override name = 'LogLevelInvalid';

  constructor(level: string) {
    super(`IRONSTEP_LOG_LEVEL is "${level}". Use one of ${Object.values(levels).join(', ')}.`);
  }
}

/** Temporal's own words for levels, in pino's. */
const levels = {
  TRACE: 'trace',
  DEBUG: 'debug',
  INFO: 'info',
  WARN: 'warn',
  ERROR: 'error',
} as const;

/**
 * Never logged: a task token lets its finder answer for an activity, and a whole task holds one.
 * What else is secret is known by its value (`redact`), wherever it stands.
 */
const removed = ['taskToken', 'task', 'taskEncoded'];

/** Runs of which the last labels are kept; more than a worker has under way. */
const maxRuns = 1_000;

/** What the SDK and our interceptors add to a line, under the names that they use. */
type Meta = {
  [LogTimestamp]?: bigint;
  run?: RunLabels;
  workflowId?: string;
  runId?: string;
  workflowRunId?: string;
  run_id?: string;
  attempt?: number;
};

/**
 * JSON lines: time, level, then what the line is about, then its message. Every line about a run
 * carries workflowId, runId, server, phase and attempt (of the phase; Temporal's attempt of an
 * activity is activityAttempt). No secret of this process comes out, whatever is logged. Throws
 * LogLevelInvalid.
 */
export function workerLogger(
  out: { write(line: string): unknown } = destination(1),
  level: string = process.env['IRONSTEP_LOG_LEVEL'] ?? levels.INFO,
): Logger {
  if (!Object.values<string>(levels).includes(level)) throw new LogLevelInvalid(level);
  const lines = pino(
    {
      level,
      base: undefined,
      timestamp: false,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: removed, remove: true },
      errorKey: 'error',
    },
    { write: (line: string) => out.write(redact(line)) },
  );
  const labelled = labelRuns();
  const write = (severity: LogLevel, message: string, meta: Meta = {}): void => {
    const { [LogTimestamp]: nanoseconds, ...about } = meta;
    const time = new Date(
      nanoseconds === undefined ? Date.now() : Number(nanoseconds / 1_000_000n),
    );
    lines[levels[severity]]({ time: time.toISOString(), ...labelled(about) }, message);
  };
  return {
    log: write,
    trace: (message, meta) => write('TRACE', message, meta),
    debug: (message, meta) => write('DEBUG', message, meta),
    info: (message, meta) => write('INFO', message, meta),
    warn: (message, meta) => write('WARN', message, meta),
    error: (message, meta) => write('ERROR', message, meta),
  };
}

/**
 * One set of names for what the SDK's parts call differently. Its own lines about a run (a task
 * that failed, say) do not pass our interceptors: they get the labels that the run had last.
 */
function labelRuns(): (meta: Omit<Meta, typeof LogTimestamp>) => object {
  const last = new Map<string, RunLabels>();
  return ({ run, workflowId, runId, workflowRunId, run_id: coreRunId, attempt, ...rest }) => {
    const id = runId ?? workflowRunId ?? coreRunId;
    if (id === undefined) return attempt === undefined ? rest : { ...rest, attempt };
    const { entry: _, ...labels } = run ?? last.get(id) ?? {};
    if (run !== undefined) keepNewest(last, id, run);
    const activity = workflowRunId === undefined ? {} : { activityAttempt: attempt };
    return { ...labels, workflowId, runId: id, ...activity, ...rest };
  };
}

function keepNewest(last: Map<string, RunLabels>, id: string, run: RunLabels): void {
  last.delete(id);
  last.set(id, run);
  const [oldest] = last.keys();
  if (last.size > maxRuns && oldest !== undefined) last.delete(oldest);
}
