import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';

/** What the images are built from and by, relative to this folder. */
const inputs = [
  'build-os.sh',
  'build-rescue.sh',
  'build-tree.sh',
  'ensure-images.ts',
  'kernel-modules.sh',
  'modules.txt',
  'namespace.ts',
  'os',
  'os-packages.txt',
  'publish-release.ts',
  'rescue',
  'rescue-packages.txt',
  'signer.ts',
];

/** Digest of everything that decides what the images contain; 16 hex digits. */
export async function imagesDigest(folder: string): Promise<string> {
  return digestOf(folder, inputs);
}

/** Digest of what decides a Debian tree: its package list and the script. */
export async function treeDigest(folder: string, packages: string): Promise<string> {
  return digestOf(folder, ['build-tree.sh', packages]);
}

/** By name, x bit and content: a checkout changes no more than those. */
async function digestOf(folder: string, names: string[]): Promise<string> {
  const hash = createHash('sha256');
  const files = (await Promise.all(names.map((name) => filesBelow(join(folder, name))))).flat();
  for (const file of files.sort()) {
    const executable = ((await stat(file)).mode & 0o100) !== 0;
    const content = await readFile(file);
    hash.update(`${relative(folder, file)}\0${executable}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex').slice(0, 16);
}

async function filesBelow(path: string): Promise<string[]> {
  if (!(await stat(path)).isDirectory()) return [path];
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}
