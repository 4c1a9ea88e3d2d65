import type { Client } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import { loadDataConverter } from '@temporalio/common/lib/internal-non-workflow/index.js';
import { msNumberToTs } from '@temporalio/common/lib/time.js';
import { expect, test } from 'vitest';

import type { HistoryEvent } from './history-event.ts';
import { Questions } from './questions.ts';
import { historyOf } from './run-history.ts';

const runBeganMs = Date.parse('2026-11-23T09:00:00Z');
const keyword = (value: string) => ({ ...defaultPayloadConverter.toPayload(value) });

/** An event a minute after the one before it. */
function events(...attributes: Partial<HistoryEvent>[]): HistoryEvent[] {
  return attributes.map((each, index) => ({
    eventTime: msNumberToTs(runBeganMs + index * 60_000),
    ...each,
  }));
}

function started(continuedExecutionRunId = ''): Partial<HistoryEvent> {
  const payload = defaultPayloadConverter.toPayload({ by: 'anna@desk' });
  return {
    workflowExecutionStartedEventAttributes: {
      workflowType: { name: 'provisionServer' },
      input: { payloads: [payload] },
      continuedExecutionRunId,
    },
  };
}

function phase(name: string): Partial<HistoryEvent> {
  const indexedFields = { Phase: { ...keyword(name), metadata: typed() } };
  return { upsertWorkflowSearchAttributesEventAttributes: { searchAttributes: { indexedFields } } };
}

function typed() {
  return { encoding: Buffer.from('json/plain'), type: Buffer.from('Keyword') };
}

const completed: Partial<HistoryEvent> = { workflowExecutionCompletedEventAttributes: {} };
const goesOnAnew: Partial<HistoryEvent> = { workflowExecutionContinuedAsNewEventAttributes: {} };

/** A Temporal that knows these runs, and gives one event a page. */
function temporalWith(runs: Record<string, HistoryEvent[] | Error>) {
  const pages: string[] = [];
  const client = {
    options: { namespace: 'default', loadedDataConverter: loadDataConverter() },
    withDeadline: async (_deadline: number, ask: () => Promise<unknown>) => ask(),
    workflow: {
      async *list() {
        const ids = Object.keys(runs);
        // As Temporal: the newest first.
        for (const [index, runId] of ids.toReversed().entries()) {
          yield { runId, startTime: new Date(runBeganMs + (ids.length - index) * 60_000) };
        }
      },
    },
    workflowService: {
      getWorkflowExecutionHistory: async ({
        execution,
        nextPageToken,
      }: {
        execution: { runId: string };
        nextPageToken?: Uint8Array;
      }) => {
        const all = runs[execution.runId];
        if (all === undefined || all instanceof Error) throw all ?? new Error('no such run');
        const at = nextPageToken?.[0] ?? 0;
        pages.push(`${execution.runId}:${at}`);
        return {
          history: { events: all.slice(at, at + 1) },
          nextPageToken: at + 1 < all.length ? Uint8Array.of(at + 1) : Uint8Array.of(),
        };
      },
    },
  } as unknown as Client;
  const run = { server: 'core1', workflowId: 'server/ovh/ns1' };
  return { pages, history: () => historyOf(client, new Questions(client, 'there'), run) };
}

test('follows the pages of a history to its end', async () => {
  const { history, pages } = temporalWith({ one: events(started(), phase('rescue'), completed) });
  expect(await history()).toMatchObject([
    {
      runId: 'one',
      kind: 'provision',
      by: 'anna@desk',
      entries: [{ kind: 'phase', phase: 'rescue', state: 'done' }],
      end: { state: 'ready' },
    },
  ]);
  expect(pages).toEqual(['one:0', 'one:1', 'one:2']);
});

test('a run that continued as new is one run', async () => {
  const { history } = temporalWith({
    one: events(started(), phase('install'), goesOnAnew),
    two: events(started('one'), phase('verify'), completed),
    three: events(started(), phase('preflight')),
  });
  const phasesOfRuns = (await history()).map(({ entries, end }) => [
    ...entries.map((entry) => entry.kind === 'phase' && entry.phase),
    end?.state,
  ]);
  expect(phasesOfRuns).toEqual([
    ['install', 'verify', 'ready'],
    ['preflight', undefined],
  ]);
});

test('a run that Temporal deletes meanwhile is left out; another error is one', async () => {
  const gone = Object.assign(new Error('NOT_FOUND'), { code: 5, details: '', metadata: {} });
  const one = events(started(), completed);
  expect(await temporalWith({ gone, one }).history()).toMatchObject([{ runId: 'one' }]);
  await expect(temporalWith({ one: new Error('boom') }).history()).rejects.toThrow('boom');
});
