import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import type { DevStatus } from '../src/dev/dev-status.ts';

const run = promisify(execFile);

/**
 * Ends the run that an interrupted demo left open. Its machine is gone, so there is nothing to go
 * on with, and as long as it is open there is no other run of the server (invariant 10).
 */
export async function endEarlierRun(
  temporalCli: string,
  { address, namespace }: DevStatus,
  workflowId: string,
): Promise<void> {
  const place = ['--address', address, '--namespace', namespace];
  const query = `WorkflowId = '${workflowId}' AND ExecutionStatus = 'Running'`;
  const { stdout } = await run(temporalCli, [
    ...['workflow', 'list', '--query', query, '--output', 'json', ...place],
  ]);
  if ((JSON.parse(stdout) as unknown[]).length === 0) return;
  const reason = 'the demo begins anew, with an empty disk';
  await run(temporalCli, [
    ...['workflow', 'terminate', '--workflow-id', workflowId, '--reason', reason, ...place],
  ]);
}
