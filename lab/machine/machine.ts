import { spawn } from 'node:child_process';
import {
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

import { z } from 'zod';

import { readIfThere, replaceFile } from '../state-file.ts';
import { findProcess, killProcess, waitForExit } from './process.ts';
import { qemuArguments } from './qemu-args.ts';
import type { MachinePlan } from './qemu-args.ts';
import { QmpConnection } from './qmp.ts';

/** A QEMU machine could not be started. The message holds what QEMU said. */
export class MachineFailed extends Error {
  override name = 'MachineFailed';
}

/**
 * Why a machine stopped by itself: the guest reset it, the guest powered it off, or its QEMU was
 * killed, which is a power cut.
 */
export type StopReason = 'guest-reset' | 'guest-poweroff' | 'power-cut';

/** What a machine is told to boot: all of the plan but the paths that it knows. */
export type MachineBoot = Omit<MachinePlan, 'files' | 'fwCfg' | 'uefi'> & {
  /** Firmware and the template of its variables; null for BIOS. */
  uefi: { code: string; template: string } | null;
  /** Values that the guest reads under opt/lab/. They may be secret: they travel in files. */
  fwCfg: Record<string, string>;
};

export type MachineFiles = {
  folder: string;
  console: string;
  qemuLog: string;
  qmp: string;
  pid: string;
  uefiVariables: string;
  fwCfg: (key: string) => string;
};

const startsWithinMs = 20_000;
const quitsWithinMs = 5_000;

const blockStatisticsSchema = z.array(
  z.looseObject({
    device: z.string().optional(),
    stats: z.looseObject({ wr_bytes: z.number() }),
  }),
);

/**
 * One QEMU process: detached, so that it outlives the daemon, with a pid file and a QMP socket by
 * which a later daemon finds it again. Its owner calls one method at a time.
 */
export class Machine {
  readonly #files: MachineFiles;
  readonly #onStopped: (reason: StopReason) => void;
  #qmp: QmpConnection | null = null;
  /** The stop that is under way is ours: not to be reported. */
  #stopping = false;

  constructor(files: MachineFiles, onStopped: (reason: StopReason) => void) {
    this.#files = files;
    this.#onStopped = onStopped;
  }

  /** Process id of its QEMU, or null when it is off. */
  pid(): number | null {
    return findProcess(this.#files.pid, this.#files.pid);
  }

  /** Was a QEMU started since the pid file was last put away? It may be dead by now. */
  wasStarted(): boolean {
    return readIfThere(this.#files.pid) !== null;
  }

  /** Puts the pid file away, so that a crash before `start` cannot be taken for a power cut. */
  forget(): void {
    rmSync(this.#files.pid, { force: true });
  }

  /** Powers the machine on. Throws MachineFailed. */
  async start(boot: MachineBoot): Promise<void> {
    this.#prepare(boot);
    const variables = this.#files.uefiVariables;
    const uefi = boot.uefi === null ? null : { code: boot.uefi.code, variables };
    const plan = { ...boot, uefi, fwCfg: this.#writeFwCfg(boot.fwCfg), files: this.#files };
    const log = openSync(this.#files.qemuLog, 'a', 0o600);
    const child = spawn('qemu-system-x86_64', qemuArguments(plan), {
      cwd: this.#files.folder,
      detached: true,
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    child.unref();
    const ended = new Promise<string>((resolve) => {
      child.once('error', (error) => resolve(error.message));
      child.once('exit', (code, signal) => resolve(`it ended with ${code ?? signal}`));
    });
    const failure = await this.#waitUntilItAnswers(ended);
    if (failure === null) return;
    if (child.pid !== undefined) await killProcess(child.pid);
    const said = (readIfThere(this.#files.qemuLog) ?? '').slice(-600);
    throw new MachineFailed(`QEMU of ${boot.name} did not start (${failure}). It said: ${said}`);
  }

  /**
   * Takes over a QEMU that an earlier daemon started. Returns false when it does not run. One that
   * its guest stopped meanwhile is reported as `guest-reset`: which of the two it was is not known.
   */
  async adopt(): Promise<boolean> {
    if (this.pid() === null) return false;
    await this.#connect();
    const status = z.looseObject({ status: z.string() }).parse(await this.#ask('query-status'));
    if (status.status === 'shutdown') this.#onStopped('guest-reset');
    return true;
  }

  /** Ends QEMU after its block layer has written all it has. Fine when it is off. */
  async stop(): Promise<void> {
    const pid = this.pid();
    if (pid !== null) {
      this.#stopping = true;
      await this.#qmp?.execute('quit').catch(() => undefined);
      if (!(await waitForExit(pid, this.#qmp === null ? 0 : quitsWithinMs))) await killProcess(pid);
    }
    this.#disconnect();
    this.forget();
  }

  /** SIGKILL to QEMU: nothing more is written, from this instant. */
  async cutPower(): Promise<void> {
    const pid = this.pid();
    this.#stopping = true;
    if (pid !== null) await killProcess(pid);
    this.#disconnect();
    this.forget();
  }

  /** Ends our connection and leaves the machine running. */
  release(): void {
    this.#stopping = true;
    this.#disconnect();
  }

  /** Presses the power button shortly; what happens then is up to the guest. */
  async pressPowerButton(): Promise<void> {
    await this.#ask('system_powerdown');
  }

  /** What the guest has written to its disks since power-on; null when QEMU does not answer. */
  async writtenBytes(): Promise<number | null> {
    if (this.#qmp === null) return null;
    try {
      const statistics = blockStatisticsSchema.parse(await this.#ask('query-blockstats'));
      return statistics
        .filter(({ device }) => device?.startsWith('disk'))
        .reduce((sum, { stats }) => sum + stats.wr_bytes, 0);
    } catch {
      return null;
    }
  }

  #prepare({ disks, uefi }: MachineBoot): void {
    mkdirSync(this.#files.folder, { recursive: true, mode: 0o700 });
    this.forget();
    rmSync(this.#files.qmp, { force: true });
    for (const { file, model } of disks) createSparse(file, model.sizeBytes);
    const variables = this.#files.uefiVariables;
    if (uefi !== null && !existsSync(variables)) copyFileSync(uefi.template, variables);
  }

  #writeFwCfg(values: Record<string, string>): { key: string; file: string }[] {
    return Object.entries(values).map(([key, value]) => {
      const file = this.#files.fwCfg(key);
      replaceFile(file, value);
      return { key, file };
    });
  }

  /** Null when QEMU answers, else what went wrong. */
  async #waitUntilItAnswers(ended: Promise<string>): Promise<string | null> {
    const state: { failure: string | null } = { failure: null };
    void ended.then((failure) => {
      state.failure = failure;
    });
    const untilMs = Date.now() + startsWithinMs;
    while (Date.now() < untilMs) {
      if (state.failure !== null) return state.failure;
      const answers = existsSync(this.#files.qmp) && this.pid() !== null;
      if (
        answers &&
        (await this.#connect().then(
          () => true,
          () => false,
        ))
      )
        return null;
      await sleep(20);
    }
    return 'its monitor does not answer';
  }

  async #connect(): Promise<void> {
    this.#stopping = false;
    this.#qmp = await QmpConnection.open(this.#files.qmp, {
      onEvent: (event, data) => {
        if (event === 'SHUTDOWN' && !this.#stopping) this.#onStopped(reasonOf(data));
      },
      onClose: () => {
        if (this.#qmp === null || this.#stopping) return;
        this.#qmp = null;
        this.#onStopped('power-cut');
      },
    });
  }

  #disconnect(): void {
    const connection = this.#qmp;
    this.#qmp = null;
    connection?.close();
  }

  #ask(command: string): Promise<unknown> {
    if (this.#qmp === null) throw new MachineFailed(`the machine is off: no ${command}`);
    return this.#qmp.execute(command);
  }
}

/** https://www.qemu.org/docs/master/interop/qemu-qmp-ref.html, ShutdownCause */
function reasonOf(data: Record<string, unknown>): StopReason {
  return data['reason'] === 'guest-shutdown' ? 'guest-poweroff' : 'guest-reset';
}

function createSparse(file: string, sizeBytes: number): void {
  if (existsSync(file)) return;
  writeFileSync(file, '', { mode: 0o600 });
  truncateSync(file, sizeBytes);
}
