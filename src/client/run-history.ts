import type { Client } from '@temporalio/client';
import type { LoadedDataConverter } from '@temporalio/common';
import { decodeArrayFromPayloads } from '@temporalio/common/lib/internal-non-workflow/index.js';

import { runWorkflowTypes } from '../contract.ts';
import { RunHistoryBook } from '../run/run-history.ts';
import type { RunHistory } from '../run/run-history.ts';
import { summaryIn, timeOf, writeEvent } from './history-event.ts';
import type { HistoryEvent } from './history-event.ts';
import type { Questions, RunReference } from './questions.ts';
import { isNotFound } from './temporal-failures.ts';

/** Events that are asked for, and held, at once. */
const eventsAtOnce = 250;

/**
 * What happened in every run of a server that Temporal still knows, oldest first, from its own
 * records: no worker is asked, and a terminated run tells as much as another. Throws
 * TemporalUnreachable and PayloadKeyUnknown.
 */
export async function historyOf(
  client: Client,
  questions: Questions,
  { workflowId }: RunReference,
): Promise<RunHistory[]> {
  const converter = client.options.loadedDataConverter;
  const books: RunHistoryBook[] = [];
  for (const runId of await runIdsOf(client, questions, workflowId)) {
    for await (const event of eventsOf(client, questions, { workflowId, runId })) {
      const begin = event.workflowExecutionStartedEventAttributes;
      // A run that continued as new is one run for a person.
      const continues = begin?.continuedExecutionRunId && books.length > 0;
      if (begin && !continues) books.push(await newBook(event, runId, converter));
      const book = books.at(-1);
      if (book !== undefined) await writeEvent(event, book, converter);
    }
  }
  return books.map(({ history }) => history);
}

async function newBook(
  event: HistoryEvent,
  runId: string,
  converter: LoadedDataConverter,
): Promise<RunHistoryBook> {
  const begin = event.workflowExecutionStartedEventAttributes;
  const [request] = await decodeArrayFromPayloads(converter, begin?.input?.payloads);
  const type = begin?.workflowType?.name ?? '';
  const [kind = type] = Object.entries(runWorkflowTypes).find(([, name]) => name === type) ?? [];
  return new RunHistoryBook({
    runId,
    kind,
    by: (request as { by?: string } | undefined)?.by ?? begin?.identity ?? '',
    startedAt: timeOf(event),
    summary: (await summaryIn(event, converter)) ?? '',
  });
}

async function runIdsOf(
  client: Client,
  questions: Questions,
  workflowId: string,
): Promise<string[]> {
  const found: { runId: string; startMs: number }[] = [];
  await questions.ask(async () => {
    const query = `WorkflowId = '${workflowId}'`;
    for await (const { runId, startTime } of client.workflow.list({ query })) {
      found.push({ runId, startMs: startTime.getTime() });
    }
  });
  return found.toSorted((one, other) => one.startMs - other.startMs).map(({ runId }) => runId);
}

/** One page at a time; no more of a run that Temporal has deleted meanwhile. */
async function* eventsOf(
  client: Client,
  questions: Questions,
  execution: { workflowId: string; runId: string },
): AsyncGenerator<HistoryEvent> {
  let nextPageToken: Uint8Array | null | undefined;
  do {
    const request = {
      namespace: client.options.namespace,
      execution,
      maximumPageSize: eventsAtOnce,
      ...(nextPageToken ? { nextPageToken } : {}),
    };
    try {
      const page = await questions.ask(() =>
        client.workflowService.getWorkflowExecutionHistory(request),
      );
      yield* page.history?.events ?? [];
      nextPageToken = page.nextPageToken;
    } catch (error) {
      if (isNotFound(error)) return;
      throw error;
    }
  } while (nextPageToken?.length);
}
