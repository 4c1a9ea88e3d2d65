import { hostname } from 'node:os';

import { resolveTemporal } from '../dev/connection.ts';
import { readPollers } from '../dev/pollers.ts';
import { connectToTemporal } from './connect.ts';

/** A worker without work asks once a minute, so three may be missed before it counts as lost. */
const recentMs = 3 * 60 * 1000;

/** Whether a worker of this machine asks for work, and where. */
export type PollCheck = { polls: boolean; host: string; address: string; namespace: string };

/**
 * Asks Temporal whether a worker of this machine (of this container) has asked for work in the last
 * three minutes: for health checks, since the process alone tells nothing of its connection. Throws
 * TemporalUnreachable.
 */
export async function checkPolls(): Promise<PollCheck> {
  const { namespace, from: _from, ...options } = await resolveTemporal();
  const connection = await connectToTemporal(options);
  try {
    const host = hostname();
    const pollers = await readPollers(connection.workflowService, namespace);
    const polls = pollers.some(
      ({ identity, askedAtMs }) =>
        identity.endsWith(`@${host}`) && askedAtMs > Date.now() - recentMs,
    );
    return { polls, host, address: options.address, namespace };
  } finally {
    await connection.close();
  }
}
