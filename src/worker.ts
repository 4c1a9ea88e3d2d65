import { fileURLToPath } from 'node:url';

import { Worker } from '@temporalio/worker';

import type { Dependencies } from './activities/dependencies.ts';
import { createActivities, type Activities } from './activities/index.ts';
import { createWorkerDataConverter } from './codec/data-converter.ts';
import { loadPayloadKeys } from './codec/payload-key.ts';
import { taskQueue } from './contract.ts';
import { resolveTemporal } from './dev/connection.ts';
import { wantedMetricsAddress } from './dev/metrics-address.ts';
import { connectToTemporal } from './worker/connect.ts';
import { openDependencies } from './worker/dependencies.ts';
import { deploymentOptions } from './worker/deployment.ts';
import { workerLogger } from './worker/logger.ts';
import { runLabelsInterceptor } from './worker/run-labels-interceptor.ts';
import { checkSearchAttributes } from './worker/search-attributes.ts';
import { installTelemetry } from './worker/telemetry.ts';
import { explainedStart, tellLossOnce } from './worker/temporal-loss.ts';
import { openTracing } from './worker/tracing.ts';
import { whileCounting } from './worker/waiting-servers.ts';
import { configFolder } from './xdg.ts';

export type WorkerOptions = {
  /** Where credentials.yaml and mirrors.yaml are. @default the XDG configuration folder */
  configFolder?: string;
  /** `PORT` or `IP:PORT` of the metrics. @default IRONSTEP_METRICS_ADDRESS, else there are none */
  metrics?: string;
};

/**
 * After SIGTERM a running activity may finish what it is at, then it is cut off; its successor
 * re-attaches (facts: shutdownForceTime, else one that ignores cancellation blocks the exit).
 */
const shutdown = { shutdownGraceTime: '5 seconds', shutdownForceTime: '20 seconds' } as const;

/** Whether a lost Temporal works again is asked for no longer than this. */
const checkWithinMs = 2_000;

/**
 * Runs one worker until SIGTERM or SIGINT: configuration, dependencies, Temporal. No logic.
 * Throws TemporalUnreachable, SearchAttributesMissing because a run would hang on a missing one,
 * MetricsAddressTaken and DeploymentInvalid. A test composes other activities than those that need
 * a server.
 */
export async function runWorker(
  options: WorkerOptions = {},
  composeActivities: (dependencies: Dependencies) => Activities = createActivities,
): Promise<void> {
  const folder = options.configFolder ?? configFolder();
  const { namespace, from: _from, ...connectionOptions } = await resolveTemporal();
  const metrics = wantedMetricsAddress(options.metrics);
  const { logger, watch } = tellLossOnce(workerLogger(), connectionOptions.address);
  installTelemetry(logger, metrics);
  const tracing = await openTracing();
  const connection = await connectToTemporal(connectionOptions);
  // The namespace is read from Temporal's database, so this does not succeed before that is back.
  watch(() =>
    connection.withDeadline(Date.now() + checkWithinMs, () =>
      connection.workflowService.describeNamespace({ namespace }),
    ),
  );
  try {
    await checkSearchAttributes(connection, { address: connectionOptions.address, namespace });
    const dataConverter = createWorkerDataConverter(await loadPayloadKeys());
    const worker = await Worker.create({
      connection,
      namespace,
      taskQueue,
      dataConverter,
      workflowsPath: ownModule('workflows/index'),
      activities: composeActivities(await openDependencies(folder)),
      interceptors: {
        workflowModules: [
          ownModule('workflows/run-labels-interceptor'),
          ...(tracing === null ? [] : [ownModule('workflows/tracing-interceptor')]),
        ],
        activity: [runLabelsInterceptor, ...(tracing?.activity ?? [])],
      },
      sinks: tracing?.sinks ?? {},
      // The cache is counted, not weighed, and can fill the heap (sdk-typescript#2227).
      maxCachedWorkflows: 500,
      // Progress that a person watches, and the cancellation of an abort, travel with heartbeats.
      maxHeartbeatThrottleInterval: '2 seconds',
      defaultHeartbeatThrottleInterval: '2 seconds',
      ...shutdown,
      ...deploymentOptions(),
    });
    const work = () => worker.run();
    await (metrics === undefined ? work() : whileCounting(connection, namespace, work));
  } catch (error) {
    throw explainedStart(error, connectionOptions.address);
  } finally {
    await tracing?.shutdown();
    await connection.close();
  }
}

/** The path of a module for the workflow bundle: `.ts` in the source tree, `.js` in the package. */
function ownModule(name: string): string {
  const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.js';
  return fileURLToPath(new URL(`./${name}${extension}`, import.meta.url));
}
