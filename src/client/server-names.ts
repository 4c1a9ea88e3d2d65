import { Client, Connection } from '@temporalio/client';

import type { TemporalSettings } from './connect.ts';
import { runsQuery } from './questions.ts';
import { serverNameOf } from './run-list.ts';

/** More names than a person reads; the newest runs come first. */
const runsAtMost = 500;

/**
 * Names of servers with a run, sorted, for who types one: as many as Temporal tells within
 * `withinMs`, and none when it does not answer. Never throws.
 */
export async function serverNames(settings: TemporalSettings, withinMs: number): Promise<string[]> {
  const { namespace, ...rest } = settings;
  const names = new Set<string>();
  const connection = Connection.lazy({ ...rest, connectTimeout: withinMs });
  try {
    const client = new Client({ connection, namespace });
    await client.withDeadline(Date.now() + withinMs, async () => {
      let left = runsAtMost;
      for await (const info of client.workflow.list({ query: runsQuery(), pageSize: runsAtMost })) {
        names.add(serverNameOf(info));
        left -= 1;
        if (left === 0) break;
      }
    });
  } catch {
    // A person is typing: whatever is known by now is better than words about Temporal.
  }
  await connection.close().catch(() => undefined);
  return [...names].toSorted((one, other) => one.localeCompare(other, 'en'));
}
