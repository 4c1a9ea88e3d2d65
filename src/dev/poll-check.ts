import { hostname } from 'node:os';

import { Connection } from '@temporalio/client';

import { resolveTemporal } from './connection.ts';
import { readPollers } from './pollers.ts';

const connectTimeoutMs = 5_000;
/** A worker without work asks once a minute, so three may be missed before it counts as lost. */
const recentMs = 3 * 60 * 1000;

/** Whether a worker of this machine asks for work, and where that was looked up. */
export type PollCheck = {
  kind: 'polls' | 'silent' | 'unreachable';
  host: string;
  address: string;
  namespace: string;
};

/**
 * Asks Temporal whether a worker of this machine (of this container) has asked for work in the last
 * three minutes: for health checks, since the process alone tells nothing of its connection.
 */
export async function checkPolls(): Promise<PollCheck> {
  const { namespace, from: _from, ...options } = await resolveTemporal();
  const where = { host: hostname(), address: options.address, namespace };
  const connection = await Connection.connect({
    ...options,
    connectTimeout: connectTimeoutMs,
  }).catch(() => null);
  if (connection === null) return { kind: 'unreachable', ...where };
  try {
    const pollers = await readPollers(connection.workflowService, namespace);
    const polls = pollers.some(
      ({ identity, askedAtMs }) =>
        identity.endsWith(`@${where.host}`) && askedAtMs > Date.now() - recentMs,
    );
    return { kind: polls ? 'polls' : 'silent', ...where };
  } finally {
    await connection.close();
  }
}
