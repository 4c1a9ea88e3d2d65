import { once } from 'node:events';
import { mkdir, rename } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

import { ensureTemporalCli } from '../toolchain/temporal-cli.ts';
import { stateFolder } from '../xdg.ts';
import { devChildPlans } from './dev-children.ts';
import type { DevPorts } from './dev-children.ts';
import { releaseDevLock, takeDevLock } from './dev-lock.ts';
import { devChildren, devFile, StatusFile } from './dev-status.ts';
import type { DevChild, DevStatus } from './dev-status.ts';
import { endOrphans } from './end-process.ts';
import { freePort, isFree } from './free-port.ts';
import { metricsUrl, wantedMetricsAddress } from './metrics-address.ts';
import type { CommandLine } from './own-program.ts';
import { SupervisedChild } from './supervised-child.ts';
import { devNamespace, waitForTemporal } from './temporal-server.ts';

/** How to run `dev`; whatever is absent has a default that fits a laptop. */
export type DevOptions = {
  /** Where the worker reads credentials.yaml. */
  configFolder?: string;
  /** Where the worker shows metrics: `PORT` or `IP:PORT`. @default IRONSTEP_METRICS_ADDRESS */
  metrics?: string;
  /** Wanted ports, else 7233, 8233 and 8234; one that is taken is replaced by a free one. */
  port?: number;
  uiPort?: number;
  codecPort?: number;
  /** What to run as the worker instead of ours. */
  workerCommand?: CommandLine;
};

type Log = (line: string) => void;

const orphanGraceMs = 10_000;
const lookMs = 100;
const endSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Runs Temporal, the codec server and a worker as processes of their own, starts again whatever
 * dies, and ends them in order at SIGINT, SIGTERM or SIGHUP. Returns when all are over. `log` hears
 * what a person should see. Throws DevAlreadyRunning, TemporalCliMissing, MetricsAddressInvalid.
 */
export async function runDev(
  options: DevOptions = {},
  log: Log = (line) => process.stdout.write(`${line}\n`),
): Promise<void> {
  const metrics = wantedMetricsAddress(options.metrics);
  await mkdir(stateFolder('dev'), { recursive: true, mode: 0o700 });
  await takeDevLock();
  const stopping = new AbortController();
  const stop = () => stopping.abort();
  for (const signal of endSignals) process.on(signal, stop);
  try {
    await endOrphans(orphanGraceMs);
    await supervise({ ...options, ...(metrics && { metrics }) }, log, stopping.signal);
  } finally {
    for (const signal of endSignals) process.off(signal, stop);
    await releaseDevLock();
  }
}

/**
 * Another program may take Temporal's port before it listens, or in the moment in which it is
 * started again. Temporal could not come back then, and would be taken for it: so everything moves.
 */
async function supervise(options: DevOptions, log: Log, stopping: AbortSignal): Promise<void> {
  const { path: temporalProgram } = await ensureTemporalCli({ log });
  while (!stopping.aborted) {
    const ports = await choosePorts(options);
    await superviseAt({ temporalProgram, ports, options }, log, stopping);
    if (!stopping.aborted) log(`another program listens on port ${ports.port}: moving to others`);
  }
}

type Supervised = { temporalProgram: string; ports: DevPorts; options: DevOptions };

/** Returns when it is stopped, or when Temporal has lost its port. */
async function superviseAt(
  { temporalProgram, ports, options }: Supervised,
  log: Log,
  stopped: AbortSignal,
): Promise<void> {
  const lost = new AbortController();
  const stopping = AbortSignal.any([stopped, lost.signal]);
  const status = firstStatus(ports, options);
  const file = new StatusFile(status, log);
  const plans = devChildPlans(temporalProgram, ports, status, options);
  const running: Partial<Record<DevChild, SupervisedChild>> = {};
  const start = async (name: DevChild) => {
    await setLogAside(name);
    running[name] = new SupervisedChild({
      ...plans[name],
      log,
      onPid: async (pid) => {
        await file.change(({ pids }) => setPid(pids, name, pid));
        if (name === 'temporal' && pid === null && !(await isFree(ports.port))) lost.abort();
      },
    });
  };
  try {
    await start('temporal');
    await start('codec');
    await waitForTemporal(status.address, stopping);
    await waitForCodec(status.codecUrl, stopping);
    await start('worker');
    await file.change((now) => {
      now.ready = true;
    });
    log(`Temporal ${status.address} · UI ${status.uiUrl} · codec server ${status.codecUrl}`);
    if (status.metricsUrl !== undefined) log(`metrics ${status.metricsUrl}`);
    if (!stopping.aborted) await once(stopping, 'abort');
  } catch (error) {
    if (!stopping.aborted) throw error;
  } finally {
    for (const name of devChildren) await running[name]?.stop();
    await file.remove();
  }
}

async function choosePorts(wanted: DevOptions): Promise<DevPorts> {
  return {
    port: await freePort(wanted.port ?? 7233),
    uiPort: await freePort(wanted.uiPort ?? 8233),
    codecPort: await freePort(wanted.codecPort ?? 8234),
  };
}

function firstStatus(ports: DevPorts, { configFolder, metrics }: DevOptions): DevStatus {
  return {
    address: `127.0.0.1:${ports.port}`,
    namespace: devNamespace,
    uiUrl: `http://127.0.0.1:${ports.uiPort}`,
    codecUrl: `http://127.0.0.1:${ports.codecPort}`,
    ...(metrics === undefined ? {} : { metricsUrl: metricsUrl(metrics) }),
    ...(configFolder === undefined ? {} : { configFolder }),
    ready: false,
    pids: { dev: process.pid },
  };
}

function setPid(pids: DevStatus['pids'], name: DevChild, pid: number | null): void {
  if (pid === null) delete pids[name];
  else pids[name] = pid;
}

/** Keeps the log of the last time, and no more, so that logs do not grow for ever. */
async function setLogAside(name: DevChild): Promise<void> {
  const path = devFile(`${name}.log`);
  try {
    await rename(path, `${path}.1`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

async function waitForCodec(url: string, stopping: AbortSignal): Promise<void> {
  for (;;) {
    stopping.throwIfAborted();
    // Refused until it listens; a codec server that dies at its start is in the log.
    const answer = await fetch(`${url}/health`, { signal: stopping }).catch(() => null);
    if (answer?.ok) return;
    await sleep(lookMs, undefined, { signal: stopping });
  }
}
