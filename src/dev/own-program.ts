import { createRequire } from 'node:module';
import { extname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** A program and its arguments. */
export type CommandLine = readonly [program: string, ...args: string[]];

/** The root of the checkout or package: both src/dev and dist/dev are two folders below it. */
const root = fileURLToPath(new URL('../../', import.meta.url));

/**
 * How to run one of our own entry points, `worker` or `cli/main`, as a process of its own: from
 * the source through tsx in a checkout, from dist in a package. Works from any folder.
 */
export function ownProgram(entry: string, ...args: string[]): CommandLine {
  if (extname(import.meta.url) !== '.ts') {
    return [process.execPath, join(root, 'dist', `${entry}.js`), ...args];
  }
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
  return [process.execPath, '--import', tsx, join(root, 'src', `${entry}.ts`), ...args];
}
