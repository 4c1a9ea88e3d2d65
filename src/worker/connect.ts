import { NativeConnection, type NativeConnectionOptions } from '@temporalio/worker';

import { TemporalUnreachable } from '../run/temporal-errors.ts';
import { rememberSecret } from '../secrets/known-secrets.ts';

/** The worker's connection to Temporal, whose API key never shows. Throws TemporalUnreachable. */
export async function connectToTemporal(
  options: NativeConnectionOptions & { address: string },
): Promise<NativeConnection> {
  if (typeof options.apiKey === 'string') rememberSecret(options.apiKey);
  try {
    return await NativeConnection.connect(options);
  } catch (cause) {
    throw new TemporalUnreachable(options.address, { cause });
  }
}
