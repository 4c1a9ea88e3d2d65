import { setTimeout as delay } from 'node:timers/promises';
import { deadlines } from '../run/deadlines.ts';
import type { Progress } from '../run/status.ts';
import { JobNeverStarted } from './errors.ts';
import { parseJobState } from './job-state.ts';
import type { JobCrashed, JobDone, JobLost, JobState } from './job-state.ts';
import type { RemoteScripts } from './scripts.ts';
import { tarOf } from './tar.ts';

/** A long piece of work on one server, in one boot. What its script may rely on: job.sh. */
export type JobRequest = {
  /** From server, disk, phase and digest: the same work has the same key, whoever asks. */
  key: string;
  /** The boot it belongs to, as `readBootId` said. */
  bootId: string;
  /** NAME of src/remote/NAME.sh. */
  script: string;
  /** Not for secrets: `ps` shows them. */
  args: string[];
  /** Become files in JOB_IN (mode 0600, RAM), removed when the job ends. */
  files?: Record<string, string>;
};

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
  const { key, bootId, script, args, files = {} } = request;
  const input = Object.keys(files).length === 0 ? Buffer.alloc(0) : tarOf(files);
  const words = ['start', key, bootId, script, String(input.length), ...args];
  return ask(scripts, words, { stdin: input, signal });
}

/** What the server says about the job; changes nothing. Errors as `startJob`. */
export function jobState(
  scripts: RemoteScripts,
  key: string,
  bootId: string,
  signal?: AbortSignal,
): Promise<JobState> {
  return ask(scripts, ['state', key, bootId], { signal });
}

/**
 * Starts the job or attaches to it, and stays until it has ended. A job that failed is a result
 * (`exitCode`), and so is one whose server has rebooted (`lost`).
 *
 * @throws JobNeverStarted, and as `startJob`; the signal's reason on abort, which leaves the job
 * running.
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
      state = await jobState(scripts, request.key, request.bootId, signal);
    } else {
      return state;
    }
  }
}

/**
 * Sends TERM to the job and all it started, once, and waits up to `graceMs` for its end. It may
 * still be `running` then: a script may ignore TERM while stopping would do harm.
 *
 * @throws as `startJob`.
 */
export async function cancelJob(
  scripts: RemoteScripts,
  key: string,
  bootId: string,
  options: { graceMs?: number; pollMs?: number; signal?: AbortSignal } = {},
): Promise<JobState> {
  const { graceMs = 10_000, pollMs = 500, signal } = options;
  const giveUpAt = performance.now() + graceMs;
  let state = await ask(scripts, ['cancel', key, bootId], { signal });
  while (state.kind === 'running' && performance.now() < giveUpAt) {
    await pause(pollMs, signal);
    state = await jobState(scripts, key, bootId, signal);
  }
  return state;
}

async function ask(
  scripts: RemoteScripts,
  words: string[],
  options: { stdin?: Buffer; signal: AbortSignal | undefined },
): Promise<JobState> {
  const { stdout } = await scripts.runOk('job', words, {
    ...options,
    timeoutMs: deadlines.commandMs,
  });
  return parseJobState(stdout);
}

/** Rejects with the signal's own reason; `node:timers` wraps it. */
async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => signal?.throwIfAborted());
}
