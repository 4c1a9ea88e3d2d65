import type { Client } from '@temporalio/client';
import { decodeArrayFromPayloads } from '@temporalio/common/lib/internal-non-workflow/index.js';

import { serverRequestOf } from '../contract.ts';
import type { ProvisionRequest, ServerRequest } from '../contract.ts';
import type { RunReference } from './questions.ts';

/** What a run was started with tells where its server is: also when the run is over. */
export type KnownServer = Omit<ServerRequest, 'by' | 'pace'>;

/**
 * Reads the input of the newest run of a server from its first event. Needs no worker, and works
 * for a run that was terminated.
 */
export async function knownServer(client: Client, run: RunReference): Promise<KnownServer> {
  const { history } = await client.workflowService.getWorkflowExecutionHistory({
    namespace: client.options.namespace,
    execution: { workflowId: run.workflowId },
    maximumPageSize: 1,
  });
  const input = history?.events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads;
  const [request] = await decodeArrayFromPayloads(client.options.loadedDataConverter, input);
  const started = request as ProvisionRequest | ServerRequest;
  const { server, provider, ssh, rescue } = 'spec' in started ? serverRequestOf(started) : started;
  return { server, provider, ssh, rescue };
}
