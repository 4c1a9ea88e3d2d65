import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { parseSync } from 'oxc-parser';
import type { ParseResult } from 'oxc-parser';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** One file of `src`, parsed. */
export type SourceFile = {
  /** From the root of the repository: `src/disk/lease.ts`. */
  path: string;
  text: string;
  parsed: ParseResult;
};

/** All TypeScript of `src` but its tests, by path. */
export function sourceFiles(): Map<string, SourceFile> {
  const names = readdirSync(`${root}src`, { recursive: true, encoding: 'utf8' });
  const paths = names
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .map((name) => `src/${name}`);
  return new Map(
    paths.map((path) => {
      const text = readFileSync(`${root}${path}`, 'utf8');
      return [path, { path, text, parsed: parseSync(path, text) }];
    }),
  );
}
