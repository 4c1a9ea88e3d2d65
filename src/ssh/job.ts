import { setTimeout as delay } from 'node:timers/promises';
import { deadlines } from '../run/deadlines.ts';
import type { Progress } from '../run/status.ts';
import { JobNeverStarted, JobSuperseded } from './job-errors.ts';
import { parseJobState } from './job-state.ts';
import type { JobCrashed, JobDone, JobLost, JobState } from './job-state.ts';
import type { RemoteScripts } from './scripts.ts';
import { tarOf } from './tar.ts';

/** A long piece of work on one server, in one boot. What its script may rely on: job.sh. */
export type JobRequest = {
  /** From server, disk, phase and digest: the same work has the same key, whoever asks. */
  key: string;
  /**
   * Orders the attempts at this work, whoever makes them: epoch milliseconds at which the run
   * began its attempt. A newer one attaches to what runs and takes over what succeeded; from then
   * on an older one starts and cancels nothing.
   */
  attempt: number;
  /** The boot it belongs to, as `readBootId` said. */
  bootId: string;
  /** NAME of src/remote/NAME.sh. */
  script: string;
  /** Not for secrets: `ps` shows them. */
  args: string[];
  /** Become files in JOB_IN (mode 0600, RAM), removed when the job ends. */
  files?: Record<string, string>;
};

/** Which job, and on whose behalf it is asked about. */
export type JobReference = Pick<JobRequest, 'key' | 'attempt' | 'bootId'>;

export type FollowOptions = {
  /** Told at every look, so that a heartbeat can hang on it. */
  onProgress?: (progress: Progress) => void;
  /** Ends the following, not the job: see `cancelJob`. */
  signal?: AbortSignal;
  /** @default 1000 */
  pollMs?: number;
};

/** A starter can die before its job begins; a server where that happens again cannot start it. */
const startsMax = 3;

/**
 * Starts the job, or finds it started: exactly once in a boot, however many ask. Safe to repeat
 * after any failure.
 *
 * @throws RemoteCommandFailed when the server refuses it (a tool is missing, the input was cut),
 * SshConnectionLost.
 */
export function startJob(
  scripts: RemoteScripts,
  request: JobRequest,
  signal?: AbortSignal,
): Promise<JobState> {
  const { script, args, files = {} } = request;
  const input = Object.keys(files).length === 0 ? Buffer.alloc(0) : tarOf(files);
  const words = [script, String(input.length), ...args];
  return ask(scripts, 'start', request, { words, stdin: input, signal });
}

/** What the server says about the job; changes nothing. Errors as `startJob`. */
export function jobState(
  scripts: RemoteScripts,
  job: JobReference,
  signal?: AbortSignal,
): Promise<JobState> {
  return ask(scripts, 'state', job, { signal });
}

/**
 * Starts the job or attaches to it, and stays until it has ended. A job that failed is a result
 * (`exitCode`), and so is one whose server has rebooted (`lost`).
 *
 * @throws JobNeverStarted, JobSuperseded, and as `startJob`; the signal's reason on abort, which
 * leaves the job running.
 */
export async function followJob(
  scripts: RemoteScripts,
  request: JobRequest,
  options: FollowOptions = {},
): Promise<JobDone | JobCrashed | JobLost> {
  const { onProgress, signal, pollMs = 1_000 } = options;
  let state: JobState = { kind: 'absent' };
  for (let starts = 0; ;) {
    if (state.kind === 'absent') {
      if (starts === startsMax) throw new JobNeverStarted(scripts.where, request.key, starts);
      starts += 1;
      state = await startJob(scripts, request, signal);
    } else if (state.kind === 'running') {
      onProgress?.(state.progress ?? { label: request.script });
      await pause(pollMs, signal);
      state = await jobState(scripts, request, signal);
    } else if (state.kind === 'superseded') {
      throw new JobSuperseded(scripts.where, request, state.newest);
    } else {
      return state;
    }
  }
}

/**
 * Sends TERM to the job and all it started, at every look, and waits up to `graceMs` for its end.
 * It may still be `running` then: a script may ignore TERM while stopping would do harm. On behalf
 * of an attempt that is no longer the newest nothing is sent (`superseded`).
 *
 * @throws as `startJob`.
 */
export async function cancelJob(
  scripts: RemoteScripts,
  job: JobReference,
  options: { graceMs?: number; pollMs?: number; signal?: AbortSignal } = {},
): Promise<JobState> {
  const { graceMs = 10_000, pollMs = 500, signal } = options;
  const giveUpAt = performance.now() + graceMs;
  for (;;) {
    // Again and again: the first may come in the instant before the command is there to hear it.
    const state = await ask(scripts, 'cancel', job, { signal });
    if (state.kind !== 'running' || performance.now() > giveUpAt) return state;
    await pause(pollMs, signal);
  }
}

async function ask(
  scripts: RemoteScripts,
  verb: 'start' | 'state' | 'cancel',
  { key, attempt, bootId }: JobReference,
  options: { words?: string[]; stdin?: Buffer; signal: AbortSignal | undefined },
): Promise<JobState> {
  const { words = [], ...rest } = options;
  const { stdout } = await scripts.runOk('job', [verb, key, String(attempt), bootId, ...words], {
    ...rest,
    timeoutMs: deadlines.commandMs,
  });
  return parseJobState(stdout);
}

/** Rejects with the signal's own reason; `node:timers` wraps it. */
async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => signal?.throwIfAborted());
}
