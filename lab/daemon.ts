import { mkdirSync } from 'node:fs';
import { parseArgs } from 'node:util';

import { startControlApi } from './control-api.ts';
import { Field } from './field.ts';
import { startImageServer } from './image-server.ts';
import { Journal } from './journal.ts';
import { labPaths, readLabConfig } from './lab-config.ts';
import type { LabConfig } from './lab-config.ts';
import { probeAcceleration } from './machine/kvm-probe.ts';
import type { AccelerationVerdict } from './machine/kvm-probe.ts';
import { startOvhApi } from './ovh/http-server.ts';
import { Faults } from './scenario.ts';
import { replaceFile } from './state-file.ts';

/*
 * The lab's one long-lived process: `node --import tsx lab/daemon.ts --folder FOLDER`. What it
 * knows is in files and its machines are processes of their own, so it may be killed at any time:
 * the next one takes over the machines that run.
 */

const tickMs = 100;

function log(line: string): void {
  process.stdout.write(`${new Date().toISOString()} ${line}\n`);
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { folder: { type: 'string' } } });
  const folder = values.folder ?? '';
  const config = folder === '' ? null : readLabConfig(folder);
  if (config === null) throw new Error('--folder FOLDER of a lab that `lab up` has made');
  const paths = labPaths(folder);
  process.chdir(paths.root);
  mkdirSync(paths.releases, { recursive: true, mode: 0o700 });
  const verdict = await acceleration(config, paths.acceleration);
  const faults = new Faults(paths.faults);
  const field = new Field({ folder, config, acceleration: verdict.acceleration, faults, log });
  const journal = new Journal(paths.journal);
  const releases = config.images === null ? [] : [config.images.releaseFolder];
  const { ports, keys } = config;
  // The ports first: they are the lock against a second daemon.
  const open = [
    await startOvhApi({ field, faults, journal, keys, port: ports.api }),
    await startImageServer([paths.releases, ...releases], ports.images),
  ];
  await field.resume();
  const timer = setInterval(() => field.tick(), tickMs);
  const end = async (leave: () => Promise<void>): Promise<void> => {
    clearInterval(timer);
    await leave();
    await Promise.all(open.map((listening) => listening.close()));
    process.exit(0);
  };
  const onDown = () => void end(() => field.goDown());
  const control = { field, faults, journal, onDown, port: ports.control };
  open.push(await startControlApi({ ...control, acceleration: verdict.reason }));
  replaceFile(paths.daemonPid, `${process.pid}\n`);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => void end(() => field.release()));
  }
  log(`ready: ${config.servers.map(({ name }) => name).join(', ')}; ${verdict.reason}`);
}

/** A lab without machines has nothing to accelerate, so nothing is probed. */
async function acceleration(config: LabConfig, file: string): Promise<AccelerationVerdict> {
  if (config.images !== null) return probeAcceleration(file);
  return { acceleration: 'tcg', reason: 'no machines', tried: false };
}

main().catch((error: unknown) => {
  log(`failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  process.exit(1);
});
