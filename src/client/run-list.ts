import type { WorkflowExecutionInfo } from '@temporalio/client';
import { defineSearchAttributeKey } from '@temporalio/common';

import { runWorkflowTypes } from '../contract.ts';
import { phases } from '../run/status.ts';
import type { Phase, RunStatus } from '../run/status.ts';
import type { LiveStatus } from './live-status.ts';

/** One line of the list: the newest run of a server. */
export type RunListEntry = {
  server: string;
  provider: string;
  workflowId: string;
  /** Null once the run is over. */
  phase: Phase | null;
  /** ISO 8601: since when it is in this state. */
  since: string;
  state: RunStatus['state'];
  /** What it needs, or why it ended; missing when nothing is to be said, or no worker answers. */
  words?: string;
};

/** The search attributes of a run (`contract.ts`), as the client library wants them. */
export const attributeKeys = {
  server: defineSearchAttributeKey('ServerName', 'KEYWORD'),
  provider: defineSearchAttributeKey('Provider', 'KEYWORD'),
  phase: defineSearchAttributeKey('Phase', 'KEYWORD'),
  attention: defineSearchAttributeKey('Attention', 'KEYWORD'),
};

/** The server's name in its spec, by which people call it. */
export function serverNameOf(info: WorkflowExecutionInfo): string {
  return info.typedSearchAttributes.get(attributeKeys.server) ?? info.workflowId;
}

/** What the run's own status says. */
export function entryFromStatus(info: WorkflowExecutionInfo, status: LiveStatus): RunListEntry {
  const last = status.timeline.at(-1);
  const { attention, ending, state } = status;
  const words = attention?.title ?? ending?.split('\n')[0];
  const open = state === 'running' || state === 'waiting';
  const ended = info.closeTime?.toISOString() ?? last?.endedAt;
  const since = attention?.since ?? (open ? last?.startedAt : ended) ?? status.startedAt;
  return {
    ...identity(info),
    phase: open ? (last?.phase ?? null) : null,
    since,
    state,
    ...(words === undefined ? {} : { words }),
  };
}

/**
 * What Temporal's own records say, when no worker can answer for the run. `version`: the one to
 * which it is pinned, and of which there is no worker.
 */
export function entryFromRecords(info: WorkflowExecutionInfo, version?: string): RunListEntry {
  const phase = info.typedSearchAttributes.get(attributeKeys.phase);
  const attention = info.typedSearchAttributes.get(attributeKeys.attention) ?? 'none';
  const state = stateFromRecords(info, attention);
  const open = state === 'running' || state === 'waiting';
  return {
    ...identity(info),
    phase: open ? (phases.find((known) => known === phase) ?? null) : null,
    since: (info.closeTime ?? info.startTime).toISOString(),
    state,
    ...wordsOf(state, attention, version),
  };
}

function wordsOf(
  state: RunStatus['state'],
  attention: string,
  version: string | undefined,
): { words?: string } {
  if (version !== undefined) return { words: `no worker of its version ${version}` };
  return state === 'waiting' ? { words: attention } : {};
}

function identity(info: WorkflowExecutionInfo) {
  return {
    server: serverNameOf(info),
    provider: info.typedSearchAttributes.get(attributeKeys.provider) ?? '',
    workflowId: info.workflowId,
  };
}

function stateFromRecords(info: WorkflowExecutionInfo, attention: string): RunStatus['state'] {
  const status = info.status.name;
  if (status === 'RUNNING' || status === 'PAUSED') {
    return attention === 'none' ? 'running' : 'waiting';
  }
  if (status === 'COMPLETED') return info.type === runWorkflowTypes.provision ? 'ready' : 'done';
  return status === 'CANCELLED' ? 'aborted' : 'failed';
}
