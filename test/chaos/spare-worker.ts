import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';

import { ownProgram } from '../../src/dev/own-program.ts';
import type { Instance } from '../lab/instance.ts';

/** Another worker of the same team, beside the one of `ironstep dev`. */
export class SpareWorker {
  readonly #child: ChildProcess;

  constructor({ dev, folder }: Instance, configFolder: string) {
    const [program, ...args] = ownProgram('worker', '--config', configFolder);
    const log = openSync(join(folder, 'spare-worker.log'), 'a');
    this.#child = spawn(program, args, {
      env: { ...process.env, TEMPORAL_ADDRESS: dev.address, TEMPORAL_NAMESPACE: dev.namespace },
      stdio: ['ignore', log, log],
    });
    closeSync(log);
  }

  /** Ends it as an upgrade would; what it was at goes on elsewhere. */
  async end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const over = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    await over;
  }
}
