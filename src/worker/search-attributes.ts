import type { NativeConnection } from '@temporalio/worker';

import { searchAttributeNames } from '../contract.ts';

/**
 * Temporal does not know a search attribute of ours. A run would hang on it without a word
 * (measured: the workflow task fails and is retried for ever), so the worker does not start.
 */
export class SearchAttributesMissing extends Error {
  override name = 'SearchAttributesMissing';

  constructor(namespace: string, missing: string[]) {
    const flags = missing.map((name) => `--name ${name} --type Keyword`).join(' ');
    super(
      `Temporal's namespace ${namespace} lacks the search attribute(s) ${missing.join(', ')}. ` +
        `Register them: temporal operator search-attribute create ${flags}`,
    );
  }
}

/** Throws SearchAttributesMissing unless every search attribute of a run is registered. */
export async function checkSearchAttributes(
  connection: NativeConnection,
  namespace: string,
): Promise<void> {
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
  const missing = searchAttributeNames.filter((name) => !(name in customAttributes));
  if (missing.length > 0) throw new SearchAttributesMissing(namespace, missing);
}
