import type { NativeConnection } from '@temporalio/worker';

import { searchAttributeNames } from '../contract.ts';
import { SearchAttributesMissing } from '../run/temporal-errors.ts';

/**
 * Throws SearchAttributesMissing unless every search attribute of a run is registered. A run would
 * hang on a missing one without a word (measured: the workflow task fails and is retried for ever),
 * so the worker does not start.
 */
export async function checkSearchAttributes(
  connection: NativeConnection,
  { address, namespace }: { address: string; namespace: string },
): Promise<void> {
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
  const missing = searchAttributeNames.filter((name) => !(name in customAttributes));
  if (missing.length > 0) throw new SearchAttributesMissing(`${address}/${namespace}`, missing);
}
