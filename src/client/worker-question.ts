import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

import { WorkflowFailedError } from '@temporalio/client';
import type { Client, WorkflowHandle } from '@temporalio/client';
import { ActivityFailure, ApplicationFailure } from '@temporalio/common';

import { taskQueue } from '../contract.ts';
import { NoWorker, QuestionRefused } from './client-errors.ts';
import { answerWithinMs, type Questions } from './questions.ts';

/** A question about a server that only a worker can answer, since it has the provider's keys. */
export type WorkerQuestion = {
  /** The workflow that answers, and the beginning of its id. */
  type: string;
  about: { server: string; provider: string; service: string };
  request: object;
};

/** A started event and a scheduled task: nobody has picked it up. */
const eventsUntouched = 2;

/**
 * Asks by a short workflow and returns its answer. Throws NoWorker when nobody picks it up within
 * 4 s (it is ended again then), and QuestionRefused with the worker's words.
 */
export async function askWorker<Answer>(
  client: Client,
  questions: Questions,
  { type, about, request }: WorkerQuestion,
): Promise<Answer> {
  const workflowId = `${type}/${about.provider}/${about.service}/${randomUUID()}`;
  const handle = await questions.ask(() =>
    client.workflow.start(type, { workflowId, taskQueue, args: [request] }),
  );
  const answered = new AbortController();
  try {
    return await Promise.race([
      handle.result() as Promise<Answer>,
      refuseUntouched(questions, handle, about.server, answered.signal),
    ]);
  } catch (error) {
    if (error instanceof NoWorker) {
      await questions.ask(() => handle.terminate('no worker took it'));
    }
    throw refusalOf(error);
  } finally {
    answered.abort();
  }
}

/** Never returns; throws NoWorker, or nothing once `signal` is aborted. */
async function refuseUntouched(
  questions: Questions,
  handle: WorkflowHandle,
  server: string,
  signal: AbortSignal,
): Promise<never> {
  // The first task is written a moment after the worker took it, so half a second is left for that.
  await sleep(answerWithinMs - 500, undefined, { signal }).catch(() => new Promise(() => {}));
  const { historyLength } = await questions.ask(() => handle.describe());
  if (historyLength <= eventsUntouched) throw new NoWorker(server);
  return new Promise(() => {});
}

/** What the worker's activity said, without the wrappings of Temporal. */
function refusalOf(error: unknown): unknown {
  if (!(error instanceof WorkflowFailedError)) return error;
  const { cause } = error;
  const inner = cause instanceof ActivityFailure ? cause.cause : cause;
  if (!(inner instanceof ApplicationFailure)) return error;
  return new QuestionRefused(inner.message, inner.type ?? 'Error', { cause: error });
}
