import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);
const outputBytesMax = 64 * 1024 * 1024;

/**
 * Debian packages are missing and cannot be installed from here. A person must do it.
 *
 * @where set-up
 * @within a finding of `ironstep doctor`, or the end of `npm run demo`
 * @changed Nothing was started.
 * @remedy Run the command in the message, then try again. On another system than Debian the lab
 *   does not run; everything else does.
 * @example
 * This needs Debian packages, and there is no dpkg-query here. Use a machine or container with \
 * Debian 12 or newer.
 */
export class DebianPackagesMissing extends Error {
  override name = 'DebianPackagesMissing';
}

/** The packages that a list names, one a line; `#` begins a comment. */
export async function readPackageList(path: string): Promise<string[]> {
  const text = await readFile(path, 'utf8');
  return text
    .split('\n')
    .map((line) => line.replace(/#.*/, '').trim())
    .filter(Boolean);
}

/** Which of these are not installed. Throws DebianPackagesMissing where there is no dpkg. */
export async function missingDebianPackages(wanted: readonly string[]): Promise<string[]> {
  const answer = await dpkgQuery(wanted);
  const there = new Set(answer.split('\n'));
  return wanted.filter((name) => !there.has(`${name} installed`));
}

/**
 * Installs packages by apt, as root or by sudo without a password. Throws DebianPackagesMissing,
 * with the command for a person to run, when it may not or when apt refuses.
 */
export async function installDebianPackages(names: readonly string[]): Promise<void> {
  const install = ['apt-get', 'install', '-y', '--no-install-recommends', ...names];
  const before = await rootPrefix();
  if (before === null) {
    throw new DebianPackagesMissing(
      `Debian packages are missing, and this user may not install them. Run this, then try again:` +
        `\n\n  sudo apt-get update && sudo ${install.join(' ')}\n`,
    );
  }
  const asRoot = (command: readonly string[]) =>
    runProgram([...before, 'env', 'DEBIAN_FRONTEND=noninteractive', ...command]);
  try {
    await asRoot(install);
  } catch {
    // The lists may be missing, as in a fresh container, or too old.
    await asRoot(['apt-get', 'update']);
    await asRoot(install);
  }
}

async function dpkgQuery(names: readonly string[]): Promise<string> {
  const format = '${Package} ${db:Status-Status}\n';
  try {
    return (await run('dpkg-query', ['-W', '-f', format, ...names])).stdout;
  } catch (error) {
    const { code, stdout } = error as NodeJS.ErrnoException & { stdout?: string };
    if (code === 'ENOENT') {
      throw new DebianPackagesMissing(
        `This needs Debian packages, and there is no dpkg-query here. ` +
          `Use a machine or container with Debian 12 or newer.`,
      );
    }
    // It fails when it does not know one of them, and still lists the others.
    return stdout ?? '';
  }
}

/** What makes a command run as root, or null when nothing does without a person. */
async function rootPrefix(): Promise<string[] | null> {
  if (process.getuid?.() === 0) return [];
  try {
    await run('sudo', ['-n', 'true']);
    return ['sudo', '-n'];
  } catch {
    return null;
  }
}

async function runProgram([program = '', ...args]: readonly string[]): Promise<void> {
  try {
    await run(program, args, { maxBuffer: outputBytesMax });
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new DebianPackagesMissing(`${args.slice(1).join(' ')} failed:\n${stdout}${stderr}`, {
      cause: error,
    });
  }
}
