import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { link, mkdir, open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

import type { Signer } from './signer.ts';

const imageFile = 'flatcar_production_image.bin';

/** Whole commands: the compressed image goes to their standard output. */
const compressors = {
  bz2: ['lbzip2', '--keep', '--stdout'],
  zst: ['zstd', '-q', '-T0', '-6', '--stdout'],
} as const;

/** The forms in which a release has its image. */
export const compressions = ['bz2', 'zst'] as const;

export type Compression = (typeof compressions)[number];

/** Where the image of a release comes from: a raw image, or the folder of another version. */
export type ReleaseImage = { kind: 'raw'; file: string } | { kind: 'release'; folder: string };

export type PublishRequest = {
  image: ReleaseImage;
  /** Like 4999.0.0. */
  version: string;
  channel: string;
  /** Root of the release server; gets `<channel>/amd64-usr/<version>/`. */
  folder: string;
  signer: Signer;
  /**
   * `signed` (as today's releases), `missing` (as old ones: only each file's .sig), or `wrong`: a
   * well-signed list with the digests of something else.
   */
  digestList?: 'signed' | 'missing' | 'wrong';
};

/**
 * Publishes a release in the layout of Flatcar's release server and makes it the channel's newest.
 * Returns the folder of the version. (flatcar/scripts: ci-automation/ci_automation_common.sh,
 * create_digests and sign_artifacts.)
 */
export async function publishRelease(request: PublishRequest): Promise<string> {
  const { image, version, channel, signer, digestList = 'signed' } = request;
  const board = join(request.folder, channel, 'amd64-usr');
  const folder = join(board, version);
  await mkdir(folder, { recursive: true });
  const versionFile = versionText(version);
  await writeFile(join(folder, 'version.txt'), versionFile);
  for (const compression of compressions) {
    const name = `${imageFile}.${compression}`;
    await bring(image, compression, join(folder, name));
    await signFile(folder, name, signer, digestList);
  }
  await mkdir(join(board, 'current'), { recursive: true });
  await writeFile(join(board, 'current', 'version.txt'), versionFile);
  return folder;
}

/** As the real one, which a shell can source. */
function versionText(version: string): string {
  const [build = '', branch = '', patch = ''] = version.split('.');
  return [
    `FLATCAR_BUILD=${build}`,
    `FLATCAR_BRANCH=${branch}`,
    `FLATCAR_PATCH=${patch}`,
    `FLATCAR_VERSION=${version}`,
    `FLATCAR_VERSION_ID=${version}`,
    'FLATCAR_BUILD_ID=""',
    '',
  ].join('\n');
}

async function bring(image: ReleaseImage, compression: Compression, target: string) {
  if (image.kind === 'raw') return compress(image.file, compression, target);
  return link(join(image.folder, `${imageFile}.${compression}`), target);
}

async function compress(raw: string, compression: Compression, target: string): Promise<void> {
  const [command, ...options] = compressors[compression];
  const file = await open(target, 'w');
  const child = spawn(command, [...options, raw], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exit = once(child, 'exit');
  await pipeline(child.stdout, file.createWriteStream());
  const [code] = (await exit) as [number | null];
  if (code !== 0) throw new Error(`${command} ended with ${code} while it compressed ${raw}`);
}

async function signFile(
  folder: string,
  name: string,
  signer: Signer,
  digestList: 'signed' | 'missing' | 'wrong',
): Promise<void> {
  const path = join(folder, name);
  const content = await readFile(path);
  await writeFile(`${path}.sig`, await signer.detached(content));
  if (digestList === 'missing') return;
  const list = digests(name, digestList === 'wrong' ? Buffer.from('something else') : content);
  await writeFile(`${path}.DIGESTS`, list);
  await writeFile(`${path}.DIGESTS.sig`, await signer.detached(Buffer.from(list)));
  await writeFile(`${path}.DIGESTS.asc`, await signer.clearSigned(list));
}

function digests(name: string, content: Uint8Array): string {
  return ['md5', 'sha1', 'sha512']
    .map((algorithm) => {
      const hex = createHash(algorithm).update(content).digest('hex');
      return `# ${algorithm.toUpperCase()} HASH\n${hex}  ${name}\n`;
    })
    .join('');
}
