import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * Where ironstep keeps its files, read from the environment at every call so that a test can have
 * folders of its own (XDG Base Directory Specification 0.8).
 */
function xdgFolder(variable: string, fallback: string, parts: string[]): string {
  const base = process.env[variable];
  return join(base?.startsWith('/') ? base : join(homedir(), fallback), 'ironstep', ...parts);
}

/** Configuration a person may edit: credentials.yaml, mirrors.yaml, the payload key. */
export function configFolder(...parts: string[]): string {
  return xdgFolder('XDG_CONFIG_HOME', '.config', parts);
}

/** What must survive: Temporal's database, saved provider settings, the master secret. */
export function stateFolder(...parts: string[]): string {
  return xdgFolder('XDG_STATE_HOME', '.local/state', parts);
}

/** What can be built or downloaded again: the Temporal CLI, the lab's images. */
export function cacheFolder(...parts: string[]): string {
  return xdgFolder('XDG_CACHE_HOME', '.cache', parts);
}
