import type { WorkflowService } from '@temporalio/client';

import { taskQueue } from '../contract.ts';

/** TaskQueueType.WORKFLOW of Temporal's API. */
const workflowQueue = 1;

/** A worker that has asked Temporal for work; one that was killed stays listed for minutes. */
export type Poller = {
  /** The SDK's own: `PID@HOSTNAME`. */
  identity: string;
  /** When its last question began; one lasts a minute when there is no work. */
  askedAtMs: number;
};

/** The workers of our task queue, as Temporal knows them. Throws what the connection throws. */
export async function readPollers(
  service: Pick<WorkflowService, 'describeTaskQueue'>,
  namespace: string,
): Promise<Poller[]> {
  const { pollers } = await service.describeTaskQueue({
    namespace,
    taskQueue: { name: taskQueue },
    taskQueueType: workflowQueue,
  });
  return pollers.map(({ identity, lastAccessTime }) => ({
    identity: identity ?? '',
    askedAtMs: Number(lastAccessTime?.seconds ?? 0) * 1000 + (lastAccessTime?.nanos ?? 0) / 1e6,
  }));
}
