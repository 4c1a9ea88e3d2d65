import type { Client } from '@temporalio/client';
import { decodeArrayFromPayloads } from '@temporalio/common/lib/internal-non-workflow/index.js';

import { serverRequestOf } from '../contract.ts';
import type { ProvisionRequest, ServerRequest } from '../contract.ts';

/** What a run was started with tells where its server is: also when the run is over. */
export type KnownServer = Omit<ServerRequest, 'by' | 'pace'>;

/** One execution in Temporal; without `runId`, the newest of its id. */
type Execution = { workflowId: string; runId?: string };

/** Reads what a run was started with from its first event, terminated or not. Needs no worker. */
export async function startedWith(
  client: Client,
  execution: Execution,
): Promise<ProvisionRequest | ServerRequest> {
  const { history } = await client.workflowService.getWorkflowExecutionHistory({
    namespace: client.options.namespace,
    execution,
    maximumPageSize: 1,
  });
  const input = history?.events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads;
  const [request] = await decodeArrayFromPayloads(client.options.loadedDataConverter, input);
  return request as ProvisionRequest | ServerRequest;
}

/** Where the server of a run is. */
export async function knownServer(client: Client, execution: Execution): Promise<KnownServer> {
  const started = await startedWith(client, execution);
  const { server, provider, ssh, rescue } = 'spec' in started ? serverRequestOf(started) : started;
  return { server, provider, ssh, rescue };
}
