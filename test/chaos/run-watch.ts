import { setTimeout as sleep } from 'node:timers/promises';

import { Client, Connection } from '@temporalio/client';

import type { DevStatus } from '../../src/dev/dev-status.ts';

/** The activity that a run is at, as Temporal knows it: it needs no worker to tell. */
export type PendingActivity = {
  name: string;
  /** A worker works on it; else it waits for its next attempt. */
  started: boolean;
  attempt: number;
  /** Epoch milliseconds. */
  startedAtMs: number;
};

const lookMs = 150;

/** Looks at one run, several times a second. Temporal may be away for a while. */
export class RunWatch {
  readonly #connection: Connection;
  readonly #workflowId: string;
  readonly #ending = new AbortController();
  readonly #over: Promise<void>;
  /** What was seen last; null between activities. */
  activity: PendingActivity | null = null;

  private constructor(
    connection: Connection,
    namespace: string,
    workflowId: string,
    onActivity: (activity: PendingActivity) => void,
  ) {
    this.#connection = connection;
    this.#workflowId = workflowId;
    this.#over = this.#watch(new Client({ connection, namespace }), onActivity);
  }

  static async start(
    { address, namespace }: Pick<DevStatus, 'address' | 'namespace'>,
    workflowId: string,
    onActivity: (activity: PendingActivity) => void,
  ): Promise<RunWatch> {
    const connection = await Connection.connect({ address });
    return new RunWatch(connection, namespace, workflowId, onActivity);
  }

  async end(): Promise<void> {
    this.#ending.abort();
    await this.#over;
    await this.#connection.close();
  }

  async #watch(client: Client, onActivity: (activity: PendingActivity) => void): Promise<void> {
    const { signal } = this.#ending;
    const handle = client.workflow.getHandle(this.#workflowId);
    while (!signal.aborted) {
      // Temporal is one of those that are killed: then there is nothing to see for a moment.
      const description = await handle.describe().catch(() => null);
      const pending = description?.raw.pendingActivities?.[0];
      if (pending) {
        this.activity = {
          name: pending.activityType?.name ?? '',
          // PENDING_ACTIVITY_STATE_STARTED of Temporal's API.
          started: pending.state === 2,
          attempt: pending.attempt ?? 1,
          startedAtMs: atMs(pending.lastStartedTime),
        };
        if (this.activity.started) onActivity(this.activity);
      } else if (description !== null) {
        this.activity = null;
      }
      await sleep(lookMs, undefined, { signal }).catch(() => undefined);
    }
  }
}

function atMs(time: { seconds?: unknown; nanos?: number | null } | null | undefined): number {
  return Number(time?.seconds ?? 0) * 1000 + (time?.nanos ?? 0) / 1e6;
}
