import { setTimeout as sleep } from 'node:timers/promises';

import { labUp } from '../../lab/lab-client.ts';
import type { LabServerHandle } from '../../lab/lab-client.ts';
import { devFile } from '../../src/dev/dev-status.ts';
import { readLivePid } from '../../src/dev/pid-file.ts';
import { deadlines } from '../../src/run/deadlines.ts';
import type { Instance } from '../lab/instance.ts';
import type { CutProxy } from './cut-proxy.ts';
import type { GuestWatch } from './guest.ts';
import type { Point } from './points.ts';
import { SpareWorker } from './spare-worker.ts';

/** What is killed, and how. */
export const kinds = [
  'worker-sigkill',
  'worker-sigterm',
  /** Stopped until another worker has taken over, then awake again. */
  'worker-sigstop',
  'temporal-sigkill',
  /** The worker's ends of its SSH connections are reset. */
  'ssh-cut',
  /** Nothing passes for longer than SSH waits. */
  'ssh-silent',
  /** The server's ends: its sshd sessions get SIGKILL. */
  'sshd-sigkill',
  /** The process that serves the provider's API and the images; back a moment later. */
  'api-sigkill',
  'power-cut',
] as const;

export type Kind = (typeof kinds)[number];

/** Everything that takes part in a run. */
export type Scene = {
  instance: Instance;
  /** What workers are configured by. */
  configFolder: string;
  server: LabServerHandle;
  ssh: CutProxy;
  guest: GuestWatch;
};

/** `struck` is called in the instant after the blow; the promise ends when the dust has settled. */
type Blow = (scene: Scene, struck: () => void) => Promise<boolean>;

/** Longer than a worker may be silent, so that Temporal gives its work to another one. */
const stoppedMs = deadlines.heartbeatMs + 5_000;
/** Three keepalives of 5 s (src/ssh/connection.ts), and time to notice. */
const silentMs = 20_000;
/** The worker that woke up and the one that took over are both there for so long. */
const overlapMs = 5_000;
const apiAwayMs = 2_000;
const powerAwayMs = 2_000;
/** Somebody who is being restarted can be killed when he is back. */
const patienceMs = 30_000;
const lookMs = 50;

/** Kills once. False: there was nothing to kill. */
export const blows: Record<Kind, Blow> = {
  'worker-sigkill': (_, struck) => signalChild('worker', 'SIGKILL', struck),
  'worker-sigterm': (_, struck) => signalChild('worker', 'SIGTERM', struck),
  'temporal-sigkill': (_, struck) => signalChild('temporal', 'SIGKILL', struck),
  'worker-sigstop': async ({ instance, configFolder }, struck) => {
    const pid = await livePid('worker');
    if (pid === null) return false;
    process.kill(pid, 'SIGSTOP');
    struck();
    const spare = new SpareWorker(instance, configFolder);
    try {
      await sleep(stoppedMs);
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    await sleep(overlapMs);
    await spare.end();
    return true;
  },
  'ssh-cut': async ({ ssh }, struck) => {
    const count = await until(() => ssh.cut() || null);
    struck();
    return count !== null;
  },
  'ssh-silent': async ({ ssh }, struck) => {
    ssh.silence(true);
    struck();
    await sleep(silentMs);
    return ssh.silence(false) > 0;
  },
  'sshd-sigkill': async ({ guest }, struck) => {
    const count = await until(async () => (await guest.killSessions()) || null);
    struck();
    return count !== null;
  },
  'api-sigkill': async ({ instance }, struck) => {
    const pid = instance.lab.daemonPid();
    if (pid === null) return false;
    process.kill(pid, 'SIGKILL');
    struck();
    await sleep(apiAwayMs);
    await labUp({ folder: instance.lab.folder, images: null });
    return true;
  },
  'power-cut': async ({ server }, struck) => {
    await server.cutPower();
    struck();
    await sleep(powerAwayMs);
    await server.powerOn();
    return true;
  },
};

/** Kinds that need an SSH connection of the worker to do anything. */
export const sshKinds: readonly Kind[] = ['ssh-cut', 'ssh-silent', 'sshd-sigkill'];

/** Points at which the worker is connected to the server for more than an instant. */
export const sshPoints: readonly Point[] = [
  'inspect',
  'stage-image',
  'write-begin',
  'write-middle',
  'before-commit',
  'first-boot',
  'shrink-check',
  'shrink-filesystem',
  'make-partitions',
  'compare-files',
  'verify',
];

async function signalChild(
  child: 'worker' | 'temporal',
  signal: NodeJS.Signals,
  struck: () => void,
): Promise<boolean> {
  const pid = await livePid(child);
  if (pid === null) return false;
  process.kill(pid, signal);
  struck();
  return true;
}

/** A child of `ironstep dev` that runs; one that is being restarted is waited for. */
function livePid(child: 'worker' | 'temporal'): Promise<number | null> {
  return until(() => readLivePid(devFile(`${child}.pid`)));
}

async function until<T>(look: () => T | null | Promise<T | null>): Promise<T | null> {
  const giveUpAtMs = performance.now() + patienceMs;
  for (;;) {
    const found = await look();
    if (found !== null || performance.now() > giveUpAtMs) return found;
    await sleep(lookMs);
  }
}
