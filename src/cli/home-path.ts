import { homedir } from 'node:os';
import { join } from 'node:path';

/** `~/x` in one's home, as a shell would have it; anything else as it is. */
export function inHome(path: string): string {
  return path === '~' || path.startsWith('~/') ? join(homedir(), path.slice(1)) : path;
}
