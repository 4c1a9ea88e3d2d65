import { WorkflowNotFoundError } from '@temporalio/client';

import { connectClient } from '../src/client/connect.ts';
import { serverWorkflowId } from '../src/contract.ts';
import type { DevStatus } from '../src/dev/dev-status.ts';
import { createSettingsStore } from '../src/settings/settings-store.ts';

/**
 * Ends what a demo that was interrupted has left: its run, which would have the lock of the server,
 * and the settings that were saved of it. The server itself is made anew, so nothing is owed to it.
 */
export async function forgetEarlierDemo(
  { address, namespace }: DevStatus,
  service: string,
): Promise<void> {
  const client = await connectClient({ address, namespace });
  try {
    const run = client.workflow.getHandle(serverWorkflowId('ovh', service));
    await run.terminate('another demo begins').catch((error: unknown) => {
      if (!(error instanceof WorkflowNotFoundError)) throw error;
    });
  } finally {
    await client.connection.close();
  }
  await createSettingsStore().close({ kind: 'ovh', service });
}
