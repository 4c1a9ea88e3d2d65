import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));

type Ended = { code: number; stdout: string; stderr: string };

/**
 * The package as `npm pack` makes it, installed as a person does it, in a folder of its own with
 * nothing of the checkout in reach: no development dependencies, another home, other XDG folders.
 */
export class Installed {
  readonly folder = mkdtempSync(join(tmpdir(), 'ironstep-package-'));
  /** What was packed, relative to the package. */
  readonly files: string[];
  readonly packedBytes: number;
  readonly #env: NodeJS.ProcessEnv;

  constructor(variables: NodeJS.ProcessEnv = {}) {
    const [packed] = JSON.parse(
      this.#npm(root, 'pack', '--json', '--pack-destination', this.folder),
    ) as [{ filename: string; size: number; files: { path: string }[] }];
    this.files = packed.files.map(({ path }) => path);
    this.packedBytes = packed.size;
    const tarball = join(this.folder, packed.filename);
    this.#npm(this.folder, 'install', '--global', '--prefix', this.folder, tarball);
    mkdirSync(this.home);
    this.#env = {
      PATH: `${join(this.folder, 'bin')}:/usr/local/bin:/usr/bin:/bin`,
      HOME: this.home,
      ...variables,
    };
  }

  get home(): string {
    return join(this.folder, 'home');
  }

  /** Where npm put the package. */
  get packageFolder(): string {
    return join(this.folder, 'lib', 'node_modules', 'ironstep');
  }

  /** The folders that `npm install` made for dependencies. */
  dependencies(): string[] {
    return readdirSync(join(this.packageFolder, 'node_modules'));
  }

  /** Types a command line, in the home folder. */
  async ironstep(...args: string[]): Promise<Ended> {
    return this.run(join(this.folder, 'bin', 'ironstep'), ...args);
  }

  async run(program: string, ...args: string[]): Promise<Ended> {
    const options = { cwd: this.home, env: this.#env, timeout: 240_000 };
    return new Promise((resolve) => {
      execFile(program, args, options, (error, stdout, stderr) => {
        const code = error === null ? 0 : Number(error.code ?? 1);
        resolve({ code, stdout, stderr });
      });
    });
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** The registry and the cache of this machine, whatever the checkout's .npmrc says. */
  #npm(folder: string, ...args: string[]): string {
    const quiet = ['--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error'];
    return execFileSync('npm', [...args, ...quiet], { cwd: folder, encoding: 'utf8' });
  }
}
