import { setTimeout as sleep } from 'node:timers/promises';

import { Connection } from '@temporalio/client';

import { searchAttributeNames } from '../contract.ts';
import type { CommandLine } from './own-program.ts';
import { readPollers } from './pollers.ts';

/** The namespace that Temporal's development server always has. */
export const devNamespace = 'default';

const retryMs = 100;
const callTimeoutMs = 2_000;

/** What one development server is started with. */
export type TemporalServerPlan = {
  program: string;
  databasePath: string;
  port: number;
  uiPort: number;
  codecPort: number;
};

/**
 * The command line of Temporal's development server, reachable from this machine only.
 * WAL with NORMAL made it three times faster than the default journal and survives every kill
 * (measured, CLI 1.9.1); a power cut can cost the last commits.
 */
export function temporalServerCommand(plan: TemporalServerPlan): CommandLine {
  const attributes = searchAttributeNames.flatMap((name) => [
    '--search-attribute',
    `${name}=Keyword`,
  ]);
  return [
    plan.program,
    ...['server', 'start-dev', '--log-level', 'error', '--db-filename', plan.databasePath],
    ...['--ip', '127.0.0.1', '--port', `${plan.port}`, '--ui-port', `${plan.uiPort}`],
    ...['--sqlite-pragma', 'journal_mode=WAL', '--sqlite-pragma', 'synchronous=NORMAL'],
    ...['--ui-codec-endpoint', `http://127.0.0.1:${plan.codecPort}`, '--ui-disable-news-fetch'],
    // Timers and retries are otherwise rounded up to a second each; idle load is the same.
    ...['--dynamic-config-value', 'history.timerProcessorMaxTimeShift="100ms"'],
    ...attributes,
  ];
}

/**
 * Waits until Temporal answers and knows our search attributes: a workflow that sets one that is
 * not registered hangs. Throws what the signal was aborted with.
 */
export async function waitForTemporal(address: string, signal: AbortSignal): Promise<void> {
  for (;;) {
    signal.throwIfAborted();
    // Not yet reachable is the expected answer here; the caller's signal bounds the wait.
    if (await isServing(address).catch(() => false)) return;
    await sleep(retryMs, undefined, { signal });
  }
}

/** Whether Temporal knows our search attributes. Throws when it does not answer within 2 s. */
export async function isServing(address: string): Promise<boolean> {
  return withTemporal(address, async (connection) => {
    const answer = await connection.operatorService.listSearchAttributes({
      namespace: devNamespace,
    });
    return searchAttributeNames.every((name) => name in answer.customAttributes);
  });
}

/**
 * Whether a worker has asked Temporal for work since then. Pollers of a killed worker stay listed
 * for minutes, hence the time. Throws when Temporal does not answer within 2 s.
 */
export async function hasWorker(address: string, sinceMs: number): Promise<boolean> {
  return withTemporal(address, async (connection) => {
    const pollers = await readPollers(connection.workflowService, devNamespace);
    return pollers.some(({ askedAtMs }) => askedAtMs >= sinceMs);
  });
}

async function withTemporal<Result>(
  address: string,
  ask: (connection: Connection) => Promise<Result>,
): Promise<Result> {
  const connection = await Connection.connect({ address, connectTimeout: callTimeoutMs });
  try {
    return await connection.withDeadline(Date.now() + callTimeoutMs, () => ask(connection));
  } finally {
    await connection.close();
  }
}
