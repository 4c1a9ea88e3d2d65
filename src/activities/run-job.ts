import { activityInfo, cancellationSignal, Context } from '@temporalio/activity';

import { deadlines } from '../run/deadlines.ts';
import type { RunTarget, System } from '../run/plan.ts';
import type { JobTrace, Progress } from '../run/status.ts';
import { SshUnreachable } from '../ssh/errors.ts';
import type { JobDone } from '../ssh/job-state.ts';
import { cancelJob, followJob, type JobRequest } from '../ssh/job.ts';
import { beat } from './beat.ts';
import type { Dependencies } from './dependencies.ts';
import { openSystem, type OpenSystem } from './open-system.ts';
import {
  HostWorkFailed,
  JobCrashed,
  RefusedOnHost,
  ServerRebooted,
  ServerSilent,
} from './run-errors.ts';

/** Our scripts' exit code for "refused before anything was written". */
const refusedExitCode = 10;

type Work = Omit<JobRequest, 'bootId'>;

/**
 * Runs a durable job on the host, or attaches to it when an earlier attempt started it: the key
 * decides, so repeating is harmless. Progress goes out with each heartbeat. A cancellation that a
 * person asked for stops the job; a worker that shuts down leaves it alone.
 */
export async function runJob(
  dependencies: Dependencies,
  target: RunTarget,
  system: System,
  work: Work,
): Promise<JobDone> {
  await using open = await openForWork(dependencies, target, system);
  const request: JobRequest = { ...work, bootId: system.bootId };
  try {
    const state = await followJob(open.scripts, request, {
      onProgress: (progress: Progress) => beat(progress),
      signal: cancellationSignal(),
    });
    if (state.kind === 'done') return checkExit(target, work, state);
    if (state.kind === 'lost') {
      throw new ServerRebooted(target.server, system.bootId, state.bootId);
    }
    throw new JobCrashed(
      `${work.script} on ${target.server} was killed from outside, or memory ran out: it ended ` +
        `without a result, and nothing of it runs any more. How far it came is unknown. ` +
        `Resume to begin it anew.\n${lastWords(state.logTail)}`,
    );
  } catch (error) {
    if (Context.current().cancellationDetails?.cancelRequested === true) {
      const state = await cancelJob(open.scripts, request);
      // It was through before it could be stopped: whoever cancelled must know what is there now.
      if (state.kind === 'done' && state.exitCode === 0) return state;
    }
    throw error;
  }
}

/** What a run keeps of a job that ended well. */
export function traceOf(script: string, { starts, durationMs }: JobDone): JobTrace {
  return { script, starts, durationMs };
}

function checkExit(target: RunTarget, work: Work, done: JobDone): JobDone {
  if (done.exitCode === 0) return done;
  const said = lastWords(done.logTail);
  if (done.exitCode === refusedExitCode) {
    throw new RefusedOnHost(
      `Refused on ${target.server}: ${said}\nThe phase was not begun: its lease is unused.`,
    );
  }
  throw new HostWorkFailed(
    `${work.script} failed on ${target.server} with exit code ${done.exitCode}:\n${said}`,
  );
}

/** The last lines of a job's log. */
function lastWords(logTail: string): string {
  return logTail.trim().split('\n').slice(-12).join('\n');
}

/** Opens the rescue session for work. Unreachable is waited out for a while. */
async function openForWork(
  dependencies: Dependencies,
  target: RunTarget,
  system: System,
): Promise<OpenSystem> {
  const seen = activityInfo().heartbeatDetails as { unreachableSinceMs?: number } | undefined;
  const sinceMs = seen?.unreachableSinceMs ?? Date.now();
  try {
    return await openSystem(dependencies, target, system);
  } catch (error) {
    if (!(error instanceof SshUnreachable)) throw error;
    if (Date.now() - sinceMs > deadlines.unreachableMs) {
      throw new ServerSilent(
        `${target.server} has not been reachable for 10 minutes in the middle of its work ` +
          `(${error.message}). Its job may still be running; nothing was sent to the server.`,
      );
    }
    beat({ label: 'the server is not reachable', unreachableSinceMs: sinceMs });
    throw error;
  }
}
