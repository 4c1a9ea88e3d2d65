import { Client, Connection } from '@temporalio/client';
import type { ConnectionOptions } from '@temporalio/client';
import type { DataConverter } from '@temporalio/common';

import { TemporalUnreachable } from '../run/temporal-errors.ts';
import { answerDeadline } from './answer-deadline.ts';
import { patience } from './temporal-failures.ts';

/** Where Temporal is and how to get in; `resolveTemporal` of src/dev finds it. */
export type TemporalSettings = Pick<ConnectionOptions, 'tls' | 'metadata' | 'apiKey'> & {
  address: string;
  namespace: string;
};

/** Throws TemporalUnreachable when there is no answer in time. */
export async function connectClient(
  settings: TemporalSettings,
  dataConverter?: DataConverter,
): Promise<Client> {
  const { namespace, ...rest } = settings;
  const nowMs = Date.now();
  try {
    const connection = await Connection.connect({
      ...rest,
      connectTimeout: answerDeadline(nowMs) - nowMs,
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
