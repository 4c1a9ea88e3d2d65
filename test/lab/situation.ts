import { writeFileSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';

import { recordings } from '../fixtures/recorded.ts';

/**
 * Keeps what a real run said, for test/unit/snapshots.test.ts; only `npm run snapshots` asks for it,
 * so that a test never changes what it is held against. Who recorded it is nobody's business.
 */
export function recordSituation(name: string, value: unknown): void {
  if (process.env['IRONSTEP_SNAPSHOTS'] !== 'record') return;
  const text = JSON.stringify(value, null, 2);
  const me = `${userInfo().username}@${hostname()}`;
  writeFileSync(new URL(`${name}.json`, recordings), `${text.replaceAll(me, 'ada@desk')}\n`);
}
