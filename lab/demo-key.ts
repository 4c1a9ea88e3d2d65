import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';

/** Makes a key pair for looking around in a demo's server, once. */
export async function makeDemoKey(file: string): Promise<void> {
  if (existsSync(file)) return;
  const args = ['-q', '-t', 'ed25519', '-N', '', '-C', 'ironstep-demo', '-f', file];
  await promisify(execFile)('ssh-keygen', args);
}
