import { randomBytes } from 'node:crypto';

import { createFileOnce } from '../durable-file.ts';
import { stateFolder } from '../xdg.ts';
import { rememberSecret } from './known-secrets.ts';
import { readPrivateFile } from './private-file.ts';
import { Secret } from './secret.ts';

const masterBytes = 32;

/**
 * The file of the master secret is not what ironstep wrote. A person must bring the right one.
 *
 * @where worker
 * @changed Nothing.
 * @remedy Bring the file back from a backup or from another worker of the team: the keys of all
 *   servers derive from it.
 * @example
 * /home/me/.local/state/ironstep/master.key has 12 bytes, expected 32. Bring it back from a \
 * backup or from another worker of the team: the keys of all servers derive from it. Only when \
 * no server depends on it, remove it, and a new one is made.
 */
export class MasterSecretDamaged extends Error {
  override name = 'MasterSecretDamaged';
}

/**
 * The worker's one secret, from which all keys of ours derive (invariant 7), as base64. Made at
 * first use; processes that start together agree on one. Workers of a team share the file. Throws
 * FileTooOpen when others may read it and MasterSecretDamaged when it has another length.
 */
export async function loadMasterSecret(path: string = stateFolder('master.key')): Promise<Secret> {
  const found = await readIfThere(path);
  if (found !== null) return asSecret(path, found);
  await createFileOnce(path, randomBytes(masterBytes));
  return asSecret(path, await readPrivateFile(path));
}

async function readIfThere(path: string): Promise<Buffer | null> {
  try {
    return await readPrivateFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

function asSecret(path: string, bytes: Buffer): Secret {
  if (bytes.length !== masterBytes) {
    throw new MasterSecretDamaged(
      `${path} has ${bytes.length} bytes, expected ${masterBytes}. Bring it back from a backup or ` +
        `from another worker of the team: the keys of all servers derive from it. Only when no ` +
        `server depends on it, remove it, and a new one is made.`,
    );
  }
  rememberSecret(bytes);
  return new Secret(bytes.toString('base64'));
}
