import type { ConnectionOptions } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';

import { devStatus } from './dev-status.ts';
import { devNamespace } from './temporal-server.ts';

/** How to reach Temporal; its fields fit a client's and a worker's connection. */
export type TemporalAccess = Pick<ConnectionOptions, 'tls' | 'metadata'> & {
  address: string;
  namespace: string;
  apiKey?: string;
  /** Who said so, for messages. */
  from: 'environment' | 'ironstep dev' | 'default';
};

/**
 * Where Temporal is: what the environment or a Temporal profile says (TEMPORAL_ADDRESS,
 * TEMPORAL_PROFILE, temporal.toml), else the running `dev`, else localhost:7233. Throws the error of
 * a profile that cannot be read.
 */
export async function resolveTemporal(): Promise<TemporalAccess> {
  const { connectionOptions, namespace } = loadClientConnectConfig();
  const { address, apiKey, tls, metadata } = connectionOptions;
  if (address !== undefined) {
    return {
      address,
      namespace: namespace ?? devNamespace,
      ...(tls === undefined ? {} : { tls }),
      ...(metadata === undefined ? {} : { metadata: metadata as Record<string, string> }),
      ...(typeof apiKey === 'string' ? { apiKey } : {}),
      from: 'environment',
    };
  }
  const dev = await devStatus();
  if (dev !== null) {
    return { address: dev.address, namespace: dev.namespace, from: 'ironstep dev' };
  }
  return { address: 'localhost:7233', namespace: devNamespace, from: 'default' };
}
