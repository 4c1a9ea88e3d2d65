import { readFile, rm } from 'node:fs/promises';

import { stateFolder } from '../xdg.ts';
import { readLivePid } from './pid-file.ts';
import { replaceFile } from './replace-file.ts';

/** The processes that `dev` supervises, in the order in which they end. */
export const devChildren = ['worker', 'codec', 'temporal'] as const;

/** One of the processes that `dev` supervises. */
export type DevChild = (typeof devChildren)[number];

/** What a running `dev` says about itself. */
export type DevStatus = {
  address: string;
  namespace: string;
  uiUrl: string;
  codecUrl: string;
  /** Where the worker shows its metrics; absent means nowhere. */
  metricsUrl?: string;
  /** Where the worker reads credentials.yaml; absent means its default folder. */
  configFolder?: string;
  /** Temporal and the codec server have answered once, and the worker has been started. */
  ready: boolean;
  /** The supervisor, and what it runs now; a child is absent while it is being restarted. */
  pids: { dev: number } & Partial<Record<DevChild, number>>;
};

/** A file of `dev`: its own, or one of a child. */
export function devFile(name: 'status.json' | `${DevChild | 'dev'}.${'pid' | 'log'}`): string {
  return stateFolder('dev', name);
}

/** The running `dev` of this person, or null when there is none. */
export async function devStatus(): Promise<DevStatus | null> {
  const pid = await readLivePid(devFile('dev.pid'));
  if (pid === null) return null;
  try {
    const status = JSON.parse(await readFile(devFile('status.json'), 'utf8')) as DevStatus;
    // One that an earlier, killed `dev` left behind says nothing about this one.
    return status.pids.dev === pid ? status : null;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** Keeps status.json as `dev` knows itself; one change is written at a time, in order. */
export class StatusFile {
  readonly #status: DevStatus;
  readonly #log: (line: string) => void;
  #written: Promise<void> = Promise.resolve();

  constructor(status: DevStatus, log: (line: string) => void) {
    this.#status = status;
    this.#log = log;
  }

  /** Writes the change. Supervision goes on when the disk is full: a failure is only logged. */
  async change(change: (status: DevStatus) => void): Promise<void> {
    change(this.#status);
    const text = `${JSON.stringify(this.#status, null, 2)}\n`;
    this.#written = this.#written
      .then(() => replaceFile(devFile('status.json'), text))
      .catch((error: Error) => this.#log(`status.json could not be written: ${error.message}`));
    await this.#written;
  }

  /** To be called when `dev` ends. */
  async remove(): Promise<void> {
    await this.#written;
    await rm(devFile('status.json'), { force: true });
  }
}
