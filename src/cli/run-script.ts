import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';

import { UsageError } from './errors.ts';

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
  const child = spawn(process.execPath, ['--import', tsx, path, ...args], { stdio: 'inherit' });
  // The terminal sends Ctrl-C to both of us; the child decides what it means.
  const stay = () => undefined;
  process.on('SIGINT', stay);
  const pass = () => child.kill('SIGTERM');
  process.on('SIGTERM', pass);
  try {
    const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
    return code ?? (signal === 'SIGINT' ? 130 : 1);
  } finally {
    process.off('SIGINT', stay);
    process.off('SIGTERM', pass);
  }
}
