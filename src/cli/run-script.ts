import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';

import { UsageError } from './errors.ts';
import { runInForeground } from './foreground.ts';

const notHere =
  'The lab and the demo are part of the repository, not of this package. To get them:\n' +
  '  git clone https://github.com/ironstep/ironstep && cd ironstep\n' +
  '  npm run demo          installs what it lacks; rents nothing\n' +
  '  npx ironstep lab up   machines to try your own specs on';

/**
 * Runs a script of the repository's `lab/` in a process of its own, with our terminal, and returns
 * its exit code. Nothing in src imports the lab; an installed package does not even have it, and then
 * this throws UsageError with where it is to be had.
 */
export async function runLabScript(script: string, args: readonly string[]): Promise<number> {
  const path = fileURLToPath(new URL(`../../lab/${script}`, import.meta.url));
  if (!existsSync(path)) {
    throw new UsageError(notHere);
  }
  // As an address, because node would look for a bare name in the person's folder.
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
  return runInForeground(process.execPath, ['--import', tsx, path, ...args]);
}
