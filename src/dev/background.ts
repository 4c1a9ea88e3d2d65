import { spawn } from 'node:child_process';
import { mkdir, open, readFile, stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

import { stateFolder } from '../xdg.ts';
import type { DevOptions } from './dev.ts';
import { devFile, devStatus } from './dev-status.ts';
import type { DevStatus } from './dev-status.ts';
import { endOrphans, endProcess } from './end-process.ts';
import { metricsAddress, metricsUrl } from './metrics-address.ts';
import { ownProgram } from './own-program.ts';
import { isAlive, readLivePid } from './pid-file.ts';
import { hasWorker } from './temporal-server.ts';

const lookMs = 100;
/** The Temporal CLI may have to be downloaded first. */
const readyTimeoutMs = 180_000;
const workerTimeoutMs = 60_000;
/** Longer than what the children together are given. */
const stopGraceMs = 50_000;
const orphanGraceMs = 10_000;
const tailLines = 12;

/**
 * A `dev` runs with another configuration than the one that is wanted.
 *
 * @where command line
 * @changed Nothing; the one that runs goes on.
 * @remedy End it with `ironstep dev --stop` and start it with the folder that you want. Runs keep
 *   their place.
 * @example
 * ironstep dev runs already, with /etc/ironstep as its configuration, not the default folder. \
 * To end it: ironstep dev --stop
 */
export class DevRunsOtherwise extends Error {
  override name = 'DevRunsOtherwise';
}

/**
 * `dev` did not come up in time. Its log, of which the end is in the message, says why.
 *
 * @where command line
 * @changed Whatever of it was started goes on or was ended; runs keep their place.
 * @remedy The end of its log in the message says why. `ironstep doctor` looks at everything that
 *   it needs.
 * @example
 * ironstep dev ended before it was ready. The end of /home/me/.local/state/ironstep/dev/dev.log:
 *   TEMPORAL_CLI is /opt/temporal, but that does not run as the Temporal CLI.
 */
export class DevNotReady extends Error {
  override name = 'DevNotReady';
}

/** How to ensure a `dev`. */
export type EnsureDevOptions = DevOptions & {
  /** Return only when the worker asks for work; true unless said otherwise. */
  untilWorks?: boolean;
};

/**
 * Returns the `dev` that runs, or starts one in the background that outlives this process, and
 * waits until it is ready. Throws DevRunsOtherwise when the one that runs has another configuration
 * folder or shows its metrics elsewhere, DevNotReady and MetricsAddressInvalid.
 */
export async function ensureDev(options: EnsureDevOptions = {}): Promise<DevStatus> {
  const { untilWorks = true, ...devOptions } = options;
  const wantedUrl = devOptions.metrics && metricsUrl(metricsAddress(devOptions.metrics));
  const supervisor = await readLivePid(devFile('dev.pid'));
  const status = await waitUntilReady(supervisor ?? (await startInBackground(devOptions)));
  const usual = 'the default folder';
  refuseOther('configuration', status.configFolder ?? usual, options.configFolder ?? usual);
  // Who asked for no metrics does not mind them.
  if (wantedUrl !== undefined) {
    refuseOther('page of metrics', status.metricsUrl ?? 'none', wantedUrl);
  }
  if (untilWorks) await waitForWorker(status);
  return (await devStatus()) ?? status;
}

/**
 * Ends the `dev` that runs, and what a killed one left behind. Runs keep their place in Temporal's
 * database. Returns whether there was something to end.
 */
export async function stopDev(): Promise<boolean> {
  const pid = await readLivePid(devFile('dev.pid'));
  if (pid !== null) await endProcess(pid, stopGraceMs);
  return (await endOrphans(orphanGraceMs)) || pid !== null;
}

function refuseOther(what: string, found: string, wanted: string): void {
  if (found === wanted) return;
  throw new DevRunsOtherwise(
    `ironstep dev runs already, with ${found} as its ${what}, not ${wanted}. ` +
      `To end it: ironstep dev --stop`,
  );
}

async function startInBackground(options: DevOptions): Promise<number> {
  await mkdir(stateFolder('dev'), { recursive: true, mode: 0o700 });
  const log = await open(devFile('dev.log'), 'w', 0o600);
  try {
    const [program, ...args] = ownProgram('dev/serve', JSON.stringify(options));
    const child = spawn(program, args, { stdio: ['ignore', log.fd, log.fd], detached: true });
    child.unref();
    return await new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('spawn', () => resolve(child.pid as number));
    });
  } finally {
    await log.close();
  }
}

async function waitUntilReady(supervisor: number): Promise<DevStatus> {
  const deadlineMs = performance.now() + readyTimeoutMs;
  for (;;) {
    const status = await devStatus();
    if (status?.ready) return status;
    if (!isAlive(supervisor)) throw await notReady('ended before it was ready', 'dev');
    if (performance.now() > deadlineMs) {
      throw await notReady(`was not ready after ${readyTimeoutMs / 1000}s`, 'dev');
    }
    await sleep(lookMs);
  }
}

async function waitForWorker({ address }: DevStatus): Promise<void> {
  const deadlineMs = performance.now() + workerTimeoutMs;
  while (performance.now() < deadlineMs) {
    if (await worksNow(address).catch(() => false)) return;
    await sleep(lookMs);
  }
  throw await notReady(`has no worker that works after ${workerTimeoutMs / 1000}s`, 'worker');
}

/** Only what it did since it was last started counts; the file appears with each start. */
async function worksNow(address: string): Promise<boolean> {
  const { mtimeMs } = await stat(devFile('worker.pid'));
  return hasWorker(address, mtimeMs);
}

async function notReady(what: string, whose: 'dev' | 'worker'): Promise<DevNotReady> {
  const path = devFile(`${whose}.log`);
  const text = await readFile(path, 'utf8').catch(() => '');
  const tail = text.trimEnd().split('\n').slice(-tailLines);
  return new DevNotReady(`ironstep dev ${what}. The end of ${path}:\n  ${tail.join('\n  ')}`);
}
