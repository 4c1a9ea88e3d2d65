import type { Client } from '@temporalio/client';

/** VersioningBehavior.PINNED of Temporal's API. */
const pinned = 1;

/**
 * The worker version to which a run is pinned, as `DEPLOYMENT/BUILD`; null for a run that any
 * worker may continue, which is the default.
 */
export async function pinnedVersion(client: Client, workflowId: string): Promise<string | null> {
  const { raw } = await client.workflow.getHandle(workflowId).describe();
  const info = raw.workflowExecutionInfo?.versioningInfo;
  const version = info?.deploymentVersion;
  if (info?.behavior !== pinned || !version?.deploymentName) return null;
  return `${version.deploymentName}/${version.buildId}`;
}
