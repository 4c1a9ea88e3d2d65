import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import { cacheFolder } from '../../src/xdg.ts';
import { lockFile } from '../file-lock.ts';
import { imagesDigest, treeDigest } from './build-inputs.ts';
import { inNamespace, whyNoNamespace } from './namespace.ts';
import { publishRelease } from './publish-release.ts';
import { makeSigner } from './signer.ts';

/** What the lab's machines start from. All paths are absolute. */
export type LabImages = {
  folder: string;
  kernel: string;
  initrd: string;
  /** Goes on a read-only virtio disk with the serial `rescue`. */
  rescueSquashfs: string;
  release: {
    /** Root of a release server: has `<channel>/amd64-usr/<version>/`. */
    folder: string;
    channel: string;
    version: string;
    /** Armored public key. Its private half existed only while the release was made. */
    signingKeyFile: string;
    /** Fingerprint of the primary key, upper-case hex. */
    signedBy: string;
  };
};

/** An image could not be built: a package is missing, the mirror is away, the disk is full. */
export class ImageBuildError extends Error {
  override name = 'ImageBuildError';
}

const channel = 'stable';
const version = '4999.0.0';
const here = fileURLToPath(new URL('.', import.meta.url));

/**
 * The images of the lab, built from Debian packages on first use and then taken from the cache.
 * `log` gets one line a step. Of several processes one builds and the others wait. Throws
 * ImageBuildError.
 */
export async function ensureImages(options: { log: (line: string) => void }): Promise<LabImages> {
  const folder = cacheFolder('lab', await imagesDigest(here));
  const ready = await readImages(folder);
  if (ready !== null) return ready;
  await mkdir(cacheFolder('lab'), { recursive: true });
  const unlock = await lockFile(cacheFolder('lab', 'build.lock'));
  try {
    return (await readImages(folder)) ?? (await build(folder, options.log));
  } finally {
    unlock();
  }
}

async function readImages(folder: string): Promise<LabImages | null> {
  if (!(await exists(folder))) return null;
  return labImages(folder, (await readFile(join(folder, 'signed-by'), 'utf8')).trim());
}

function labImages(folder: string, signedBy: string): LabImages {
  return {
    folder,
    kernel: join(folder, 'vmlinuz'),
    initrd: join(folder, 'rescue.initrd'),
    rescueSquashfs: join(folder, 'rescue.squashfs'),
    release: {
      folder: join(folder, 'release'),
      channel,
      version,
      signingKeyFile: join(folder, 'signing-key.asc'),
      signedBy,
    },
  };
}

/** Into a folder beside the final one, and renamed when all is there. */
async function build(folder: string, log: (line: string) => void): Promise<LabImages> {
  const obstacle = isRoot ? null : await whyNoNamespace();
  if (obstacle !== null) throw new ImageBuildError(obstacle);
  const draft = await mkdtemp(`${folder}.`);
  try {
    const [rescueTree, osTree] = await buildTrees(log);
    const raw = join(draft, 'os.img');
    await timed(log, 'rescue system', () =>
      run(asRoot, join(here, 'build-rescue.sh'), rescueTree, draft),
    );
    await timed(log, 'OS image', () =>
      run(asRoot, join(here, 'build-os.sh'), osTree, rescueTree, version, raw),
    );
    await timed(log, `release ${version}`, () => publish(raw, draft));
    await rm(raw);
    await rename(draft, folder);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    throw error;
  }
  const built = await readImages(folder);
  if (built === null) throw new ImageBuildError(`${folder} vanished while it was built`);
  return built;
}

async function publish(raw: string, folder: string): Promise<void> {
  const signer = await makeSigner();
  await publishRelease({
    image: { kind: 'raw', file: raw },
    version,
    channel,
    folder: join(folder, 'release'),
    signer,
  });
  await writeFile(join(folder, 'signing-key.asc'), signer.publicKey);
  await writeFile(join(folder, 'signed-by'), `${signer.fingerprint}\n`);
}

/** Both Debian trees at once: half of the time is unpacking, half is waiting. */
async function buildTrees(log: (line: string) => void): Promise<[string, string]> {
  const results = await Promise.allSettled([ensureTree('rescue', log), ensureTree('os', log)]);
  const [rescue, os] = results;
  // Only once both have ended: nothing of a failed build may still be running.
  if (rescue.status === 'rejected') throw rescue.reason;
  if (os.status === 'rejected') throw os.reason;
  return [rescue.value, os.value];
}

/** The slow part, kept by package list, so that a changed script does not install anew. */
async function ensureTree(name: 'rescue' | 'os', log: (line: string) => void): Promise<string> {
  const packages = `${name}-packages.txt`;
  const digest = await treeDigest(here, packages);
  const tree = cacheFolder('lab', `${name}-tree-${digest}.tar.zst`);
  if (await exists(tree)) return tree;
  const draft = tree.replace(/\.tar\.zst$/, '.new.tar.zst');
  const mode = isRoot ? 'root' : 'unshare';
  await timed(log, `Debian packages of ${name === 'os' ? 'the OS' : 'the rescue system'}`, () =>
    run([], join(here, 'build-tree.sh'), mode, join(here, packages), draft),
  );
  await rename(draft, tree);
  return tree;
}

const isRoot = process.getuid?.() === 0;
/** Files must be owned by root. */
const asRoot = isRoot ? [] : inNamespace;

/** Runs a build script to its end. Throws ImageBuildError with the end of what it printed. */
async function run(prefix: string[], script: string, ...args: string[]): Promise<void> {
  const [command = script, ...rest] = [...prefix, script, ...args];
  const PATH = `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`;
  const child = spawn(command, rest, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, PATH },
  });
  const printed: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => printed.push(line));
  }
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  if (code === 0) return;
  throw new ImageBuildError(
    `${script} ended with ${code ?? signal}. The last it said:\n${printed.slice(-15).join('\n')}`,
  );
}

async function timed(
  log: (line: string) => void,
  what: string,
  work: () => Promise<void>,
): Promise<void> {
  log(`building ${what} …`);
  const started = performance.now();
  await work();
  log(`built ${what} in ${Math.round((performance.now() - started) / 1000)} s`);
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
