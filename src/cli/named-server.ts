import { existsSync } from 'node:fs';

import type { KnownServer } from '../client/run-server.ts';
import type { Runs } from './context.ts';

/**
 * The server that a person means: by its name, from what its newest run was started with, or by
 * its spec file, of which only the server itself and its keys are read. Needs no worker. Throws
 * NoSuchRun, ServerAmbiguous, SpecError and TemporalUnreachable.
 */
export async function namedServer(runs: Runs, name: string): Promise<KnownServer> {
  if (isSpecFile(name)) {
    const { loadServer } = await import('./load-spec.ts');
    return loadServer(name);
  }
  return runs.serverOf(await runs.find(name));
}

/** `provider/service` names a run, although it looks like a path: a file has to be there. */
function isSpecFile(name: string): boolean {
  return /\.ya?ml$/.test(name) || (name.includes('/') && existsSync(name));
}
