import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { NativeConnection, Runtime, Worker } from '@temporalio/worker';
import type { NativeConnectionOptions } from '@temporalio/worker';

import { createActivities } from './activities/index.ts';
import { createDataConverter } from './codec/data-converter.ts';
import { loadPayloadKeys } from './codec/payload-key.ts';
import { taskQueue } from './contract.ts';
import { resolveTemporal } from './dev/connection.ts';
import { TemporalUnreachable } from './run/temporal-errors.ts';
import { openDependencies } from './worker/dependencies.ts';
import { workerLogger } from './worker/logger.ts';
import { checkSearchAttributes } from './worker/search-attributes.ts';
import { configFolder } from './xdg.ts';

export type WorkerOptions = {
  /** Where credentials.yaml and mirrors.yaml are. @default the XDG configuration folder */
  configFolder?: string;
};

/**
 * After SIGTERM a running activity may finish what it is at, then it is cut off; its successor
 * re-attaches (facts: shutdownForceTime, else one that ignores cancellation blocks the exit).
 */
const shutdown = { shutdownGraceTime: '5 seconds', shutdownForceTime: '20 seconds' } as const;

/**
 * Runs one worker until SIGTERM or SIGINT: configuration, dependencies, Temporal. No logic.
 * Throws TemporalUnreachable, and SearchAttributesMissing because a run would hang on a missing one.
 */
export async function runWorker(options: WorkerOptions = {}): Promise<void> {
  const folder = options.configFolder ?? configFolder();
  const { namespace, from: _from, ...connectionOptions } = await resolveTemporal();
  Runtime.install({
    logger: workerLogger(),
    shutdownSignals: ['SIGINT', 'SIGTERM'],
  });
  const connection = await connect(connectionOptions);
  try {
    await checkSearchAttributes(connection, { address: connectionOptions.address, namespace });
    const dataConverter = createDataConverter(await loadPayloadKeys());
    const worker = await Worker.create({
      connection,
      namespace,
      taskQueue,
      dataConverter,
      workflowsPath: fileURLToPath(new URL(`./workflows/index${extension()}`, import.meta.url)),
      activities: createActivities(await openDependencies(folder)),
      // The cache is counted, not weighed, and can fill the heap (sdk-typescript#2227).
      maxCachedWorkflows: 500,
      // Progress that a person watches, and the cancellation of an abort, travel with heartbeats.
      maxHeartbeatThrottleInterval: '2 seconds',
      defaultHeartbeatThrottleInterval: '2 seconds',
      ...shutdown,
    });
    await worker.run();
  } finally {
    await connection.close();
  }
}

async function connect(
  options: NativeConnectionOptions & { address: string },
): Promise<NativeConnection> {
  try {
    return await NativeConnection.connect(options);
  } catch (cause) {
    throw new TemporalUnreachable(options.address, { cause });
  }
}

/** `.ts` from the source tree, `.js` from the package. */
function extension(): string {
  return import.meta.url.endsWith('.ts') ? '.ts' : '.js';
}

function isMain(): boolean {
  const program = process.argv[1];
  return program !== undefined && realpathSync(program) === fileURLToPath(import.meta.url);
}

if (isMain()) {
  const { values } = parseArgs({ options: { config: { type: 'string' } } });
  await runWorker(values.config === undefined ? {} : { configFolder: values.config });
}
