import type { NativeConnection } from '@temporalio/worker';

import { searchAttributeNames } from '../contract.ts';
import {
  SearchAttributesMissing,
  TemporalNotWorking,
  TemporalUnreachable,
} from '../run/temporal-errors.ts';

/** grpc/doc/statuscodes.md */
const unavailable = 14;

/**
 * Throws SearchAttributesMissing unless every search attribute of a run is registered. A run would
 * hang on a missing one without a word (measured: the workflow task fails and is retried for ever),
 * so the worker does not start. Throws TemporalNotWorking when Temporal's database is away, and
 * TemporalUnreachable.
 */
export async function checkSearchAttributes(
  connection: NativeConnection,
  { address, namespace }: { address: string; namespace: string },
): Promise<void> {
  const { customAttributes } = await connection.operatorService
    .listSearchAttributes({ namespace })
    .catch((error: unknown) => {
      throw inOurWords(error, address);
    });
  const missing = searchAttributeNames.filter((name) => !(name in customAttributes));
  if (missing.length > 0) throw new SearchAttributesMissing(`${address}/${namespace}`, missing);
}

/** An answer of the server has its headers; a failure of the connection has none. */
function inOurWords(error: unknown, address: string): unknown {
  if (!(error instanceof Error && 'code' in error && error.code === unavailable)) return error;
  const { metadata } = error as Error & { metadata?: { get: (name: string) => unknown[] } };
  const isServersOwn = (metadata?.get('content-type').length ?? 0) > 0;
  if (isServersOwn) return new TemporalNotWorking(address, error.message, { cause: error });
  return new TemporalUnreachable(address, { cause: error });
}
