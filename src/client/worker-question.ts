import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

import { WorkflowFailedError } from '@temporalio/client';
import type { Client, WorkflowHandle } from '@temporalio/client';
import { ActivityFailure, ApplicationFailure } from '@temporalio/common';

import { taskQueue } from '../contract.ts';
import { NoWorker, QuestionRefused } from './client-errors.ts';
import type { Questions, RunReference } from './questions.ts';

/** A question about a server that only a worker can answer, since it has the provider's keys. */
export type WorkerQuestion = {
  /** The workflow that answers, and the beginning of its id. */
  type: string;
  about: { server: string; provider: string; service: string };
  request: object;
};

/** Any workflow answers this query of the SDK: it shows that a worker polls. */
const anyQuery = '__temporal_workflow_metadata';

/** Between two looks whether the worker is still there. */
const lookAgainMs = 1_000;

/**
 * Asks by a short workflow and returns its answer. Throws NoWorker when no worker answers
 * (the workflow is ended again then), TemporalUnreachable, and QuestionRefused with the worker's
 * words.
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
  try {
    await untilOver(questions, { server: about.server, workflowId }, handle);
    return (await questions.ask(() => handle.result())) as Answer;
  } catch (error) {
    if (error instanceof NoWorker) {
      await questions.ask(() => handle.terminate('no worker took it'));
    }
    throw refusalOf(error);
  }
}

/** Throws NoWorker and TemporalUnreachable as soon as one of them is away. */
async function untilOver(
  questions: Questions,
  question: RunReference,
  handle: WorkflowHandle,
): Promise<void> {
  for (;;) {
    const { status } = await questions.ask(() => handle.describe());
    if (status.name !== 'RUNNING') return;
    await questions.askRun(question, () => handle.query(anyQuery));
    await sleep(lookAgainMs);
  }
}

/** What the worker's activity said, without the wrappings of Temporal. */
function refusalOf(error: unknown): unknown {
  if (!(error instanceof WorkflowFailedError)) return error;
  const { cause } = error;
  const inner = cause instanceof ActivityFailure ? cause.cause : cause;
  if (!(inner instanceof ApplicationFailure)) return error;
  return new QuestionRefused(inner.message, inner.type ?? 'Error', { cause: error });
}
