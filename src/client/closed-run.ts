import { WorkflowFailedError } from '@temporalio/client';
import type { WorkflowExecutionDescription } from '@temporalio/client';

import type { RunStatus } from '../run/status.ts';

/**
 * The status of a run as it is shown: one that Temporal ended (terminated, failed) could not write
 * its own last words. `result` asks for how it ended.
 */
export async function closedOff(
  status: RunStatus,
  description: WorkflowExecutionDescription,
  result: () => Promise<unknown>,
): Promise<RunStatus> {
  const closed = description.closeTime !== undefined;
  if (!closed || (status.state !== 'running' && status.state !== 'waiting')) return status;
  const cause = await result().then(
    () => undefined,
    (error: unknown) => (error instanceof WorkflowFailedError ? error.cause : undefined),
  );
  const how = description.status.name.toLowerCase().replaceAll('_', ' ');
  const { attention: _over, ...rest } = status;
  return {
    ...rest,
    state: 'failed',
    ending:
      `The run was ${how} in Temporal${cause === undefined ? '' : `: ${cause.message}`}\n` +
      'It could not put anything back.\n' +
      `To go on from what it left:               ironstep resume ${status.server}\n` +
      `To only put the provider's settings back:  ironstep settings restore ${status.server}`,
  };
}
