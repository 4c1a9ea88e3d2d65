import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { findProgram } from '../../src/toolchain/find-program.ts';
import { cacheFolder } from '../../src/xdg.ts';

const run = promisify(execFile);

/** go.mod pins the version, go.sum the digest of every module that goes into it. */
const module = fileURLToPath(new URL('temporal-server/', import.meta.url));
const packages = ['go.temporal.io/server/cmd/server', 'go.temporal.io/server/cmd/tools/sql'];
const outputBytesMax = 64 * 1024 * 1024;

/** Programs of the production Temporal, as Temporal's own images carry them. */
export type TemporalPrograms = {
  /** Where `temporal-server` and `temporal-sql-tool` are. */
  folder: string;
  /** Of Temporal: `1.32.1`. */
  version: string;
};

/** The production Temporal cannot be built here. A person must bring Go, or a way to its proxy. */
export class TemporalNotBuilt extends Error {
  override name = 'TemporalNotBuilt';
}

/**
 * Finds the production Temporal in the cache folder, or builds it from its Go module: about 7
 * minutes of CPU, once. `log` hears of it. Throws TemporalNotBuilt.
 */
export async function ensureTemporalPrograms(
  log: (line: string) => void,
): Promise<TemporalPrograms> {
  const [goMod, goSum] = await Promise.all(
    ['go.mod', 'go.sum'].map((name) => readFile(join(module, name), 'utf8')),
  );
  const version = /go\.temporal\.io\/server v(\S+)/.exec(goMod ?? '')?.[1] ?? '?';
  const digest = createHash('sha256').update(`${goMod}${goSum}`).digest('hex').slice(0, 16);
  const folder = cacheFolder('temporal-server', `${version}-${digest}`);
  if (!(await isThere(folder))) {
    log(`Temporal server ${version}: building it from its Go module, some minutes, once`);
    await build(folder);
  }
  return { folder, version };
}

/** Beside its place and then renamed, so that a build that was cut off counts as none. */
async function build(folder: string): Promise<void> {
  const go = await findProgram('go');
  if (go === null) {
    throw new TemporalNotBuilt(
      'The production Temporal is built from its Go module, and there is no `go` on PATH. ' +
        'Install Go 1.21 or newer (https://go.dev/doc/install); it fetches the version that ' +
        `${join(module, 'go.mod')} names by itself.`,
    );
  }
  await mkdir(dirname(folder), { recursive: true });
  const draft = await mkdtemp(`${folder}.`);
  try {
    const output = ['-o', `${draft}/`];
    await run(
      go,
      ['build', '-mod=readonly', '-trimpath', '-ldflags=-s -w', ...output, ...packages],
      {
        cwd: module,
        env: { ...process.env, CGO_ENABLED: '0' },
        maxBuffer: outputBytesMax,
      },
    );
    // By the names that they have in Temporal's images.
    await rename(join(draft, 'server'), join(draft, 'temporal-server'));
    await rename(join(draft, 'sql'), join(draft, 'temporal-sql-tool'));
    await rename(draft, folder);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    const { stderr, message } = error as Error & { stderr?: string };
    const said = stderr?.trim().split('\n').slice(-5).join('\n  ') || message;
    throw new TemporalNotBuilt(`go build of the production Temporal failed:\n  ${said}`, {
      cause: error,
    });
  }
}

function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
