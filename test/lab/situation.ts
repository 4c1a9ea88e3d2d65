import { writeFileSync } from 'node:fs';

const folder = new URL('../fixtures/runs/', import.meta.url);

/**
 * Keeps what a real run said, for test/unit/snapshots.test.ts; only `npm run snapshots` asks for it,
 * so that a test never changes what it is held against.
 */
export function recordSituation(name: string, value: unknown): void {
  if (process.env['IRONSTEP_SNAPSHOTS'] !== 'record') return;
  writeFileSync(new URL(`${name}.json`, folder), `${JSON.stringify(value, null, 2)}\n`);
}
