import { existsSync } from 'node:fs';

import type { RunReference } from '../client.ts';
import type { KnownServer } from '../client/run-server.ts';
import type { Runs } from './context.ts';

/** What commands say of an argument that names a server in either way. */
export const namedServerHelp = "the server's name, or its spec file when no run of it is known";

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

/** The newest run of a server that is named in either way. Throws as `namedServer` does. */
export async function namedRun(runs: Runs, name: string): Promise<RunReference> {
  if (!isSpecFile(name)) return runs.find(name);
  const { provider } = await namedServer(runs, name);
  return runs.find(`${provider.kind}/${provider.service}`);
}

/** `provider/service` names a run, although it looks like a path: a file has to be there. */
function isSpecFile(name: string): boolean {
  return /\.ya?ml$/.test(name) || (name.includes('/') && existsSync(name));
}
