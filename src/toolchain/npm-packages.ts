import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

type LockedPackage = { version?: string; optional?: boolean };

/**
 * The packages of the lock file that are not installed as it says, or null where there is no lock
 * file, as in an installed package. npm notes what it has installed when it is through.
 */
export async function missingNpmPackages(root: string): Promise<string[] | null> {
  const wanted = await lockedPackages(join(root, 'package-lock.json'));
  if (wanted === null) return null;
  const there = (await lockedPackages(join(root, 'node_modules', '.package-lock.json'))) ?? {};
  return Object.entries(wanted)
    .filter(
      ([path, { version, optional }]) =>
        path !== '' && !optional && there[path]?.version !== version,
    )
    .map(([path]) => path);
}

async function lockedPackages(path: string): Promise<Record<string, LockedPackage> | null> {
  try {
    const lock = JSON.parse(await readFile(path, 'utf8')) as unknown;
    return (lock as { packages: Record<string, LockedPackage> }).packages;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
