import { spawn } from 'node:child_process';
import { dirname } from 'node:path';

/**
 * A program that the spec needs is missing, or refused the file.
 *
 * @where command line
 * @within SpecError
 * @changed Nothing was asked of anybody.
 * @remedy Install the program, or correct the file that it refuses.
 * @example
 * compiling it needs the program butane, which is not on PATH: install it \
 * (https://coreos.github.io/butane/getting-started/), or give the Ignition config
 */
export class ProgramFailed extends Error {
  override name = 'ProgramFailed';
}

/**
 * Compiles a Butane config with the `butane` program, as its author would; files that it includes
 * are looked for beside it. Throws ProgramFailed when there is no butane or it refuses.
 */
export async function compileButane(
  path: string,
): Promise<{ ignition: string; complaints: string[] }> {
  const done = await run('butane', ['--files-dir', dirname(path), path], '');
  if (done === null) {
    throw new ProgramFailed(
      'compiling it needs the program butane, which is not on PATH: install it ' +
        '(https://coreos.github.io/butane/getting-started/), or give the Ignition config',
    );
  }
  const complaints = linesOf(done.stderr);
  if (done.code !== 0) throw new ProgramFailed(`butane: ${complaints.join('; ')}`);
  return { ignition: done.stdout, complaints };
}

/**
 * What `ignition-validate` says about a config; nothing when it is not on PATH, or when it is too
 * old for the config's version: that is no fault of the config.
 */
export async function ignitionComplaints(
  text: string,
): Promise<{ refused: boolean; complaints: string[] }> {
  const done = await run('ignition-validate', ['-'], text);
  if (done === null) return { refused: false, complaints: [] };
  const complaints = linesOf(`${done.stdout}\n${done.stderr}`);
  if (complaints.some((line) => line.includes('unsupported config version'))) {
    return { refused: false, complaints: [] };
  }
  return { refused: done.code !== 0, complaints };
}

function linesOf(text: string): string[] {
  return text.split('\n').filter((line) => line.trim() !== '');
}

/** Null when there is no such program on PATH. */
function run(
  program: string,
  args: string[],
  input: string,
): Promise<{ code: number | null; stdout: string; stderr: string } | null> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: 'pipe' });
    const output = { stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
    child.on('error', (error: NodeJS.ErrnoException) => {
      // EACCES: not there either, and a folder of PATH may not be opened (PATH of `su USER`).
      if (error.code === 'ENOENT' || error.code === 'EACCES') resolve(null);
      else reject(error);
    });
    child.on('close', (code) => resolve({ code, ...output }));
    // A program that ends before it has read everything has said why on stderr.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
  });
}
