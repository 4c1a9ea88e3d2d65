import { setTimeout as sleep } from 'node:timers/promises';

import { Runtime, type NativeConnection } from '@temporalio/worker';

import { runWorkflowTypes } from '../contract.ts';
import { metrics } from '../run/metrics.ts';
import { attentionKinds } from '../run/status.ts';

/** As often as Prometheus usually asks. */
const everyMs = 15_000;
const answerWithinMs = 5_000;

/**
 * Does `work`, and meanwhile keeps the gauges of what waits now, from what Temporal has in its
 * visibility store: so they are right after a restart, and for runs that other workers have.
 */
export async function whileCounting(
  connection: NativeConnection,
  namespace: string,
  work: () => Promise<void>,
): Promise<void> {
  const over = new AbortController();
  const counting = countAgainAndAgain(connection, namespace, over.signal);
  try {
    await work();
  } finally {
    over.abort();
    await counting;
  }
}

async function countAgainAndAgain(
  connection: NativeConnection,
  namespace: string,
  signal: AbortSignal,
): Promise<void> {
  const { logger } = Runtime.instance();
  const show = gauges();
  let answered = true;
  while (!signal.aborted) {
    try {
      show(await countRuns(connection, namespace));
      answered = true;
    } catch (error) {
      if (answered) logger.warn('Temporal does not say which servers wait', { error });
      answered = false;
      // Unknown is neither zero nor what it was.
      show([]);
    }
    await sleep(everyMs, undefined, { signal }).catch(() => undefined);
  }
}

/** How many runs are open, then how many of these wait, by kind. */
async function countRuns(connection: NativeConnection, namespace: string): Promise<number[]> {
  const types = Object.values(runWorkflowTypes).map((type) => `'${type}'`);
  const open = `ExecutionStatus = 'Running' AND WorkflowType IN (${types.join(', ')})`;
  const queries = [open, ...attentionKinds.map((kind) => `${open} AND Attention = '${kind}'`)];
  return connection.withDeadline(Date.now() + answerWithinMs, () =>
    Promise.all(
      queries.map(async (query) => {
        const { count } = await connection.workflowService.countWorkflowExecutions({
          namespace,
          query,
        });
        return Number(count);
      }),
    ),
  );
}

function gauges(): (counts: number[]) => void {
  const gauge = ({ name, help }: { name: string; help: string }) =>
    Runtime.instance().metricMeter.createGauge(name, 'float', '', help);
  const open = gauge(metrics.runsOpen);
  const waiting = gauge(metrics.serversWaiting);
  return ([openCount = Number.NaN, ...waitingCounts]) => {
    open.set(openCount);
    for (const [at, attention] of attentionKinds.entries()) {
      waiting.set(waitingCounts[at] ?? Number.NaN, { attention });
    }
  };
}
