import { Client, Connection } from '@temporalio/client';
import type { ConnectionOptions } from '@temporalio/client';
import type { DataConverter } from '@temporalio/common';

import { TemporalUnreachable } from '../run/temporal-errors.ts';
import { patience } from './temporal-failures.ts';

/** Where Temporal is and how to get in; `resolveTemporal` of src/dev finds it. */
export type TemporalSettings = Pick<ConnectionOptions, 'tls' | 'metadata' | 'apiKey'> & {
  address: string;
  namespace: string;
};

/** Asking takes 4 s at most: within 5 s of a command a person hears what is missing. */
const connectWithinMs = 3_000;

/** Throws TemporalUnreachable when there is no answer within 3 s. */
export async function connectClient(
  settings: TemporalSettings,
  dataConverter?: DataConverter,
): Promise<Client> {
  const { namespace, ...rest } = settings;
  try {
    const connection = await Connection.connect({
      ...rest,
      connectTimeout: connectWithinMs,
      interceptors: patience,
    });
    return new Client({
      connection,
      namespace,
      ...(dataConverter === undefined ? {} : { dataConverter }),
    });
  } catch (cause) {
    throw new TemporalUnreachable(settings.address, { cause });
  }
}
