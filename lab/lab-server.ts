import type { HardwareKind } from './hardware.ts';
import type { LabImageFiles, ServerConfig, ServerPaths } from './lab-config.ts';
import { waitForBanner } from './machine/banner.ts';
import { Machine } from './machine/machine.ts';
import type { StopReason } from './machine/machine.ts';
import { writeOldSystem } from './machine/old-system.ts';
import type { Acceleration, MachineDisk } from './machine/qemu-args.ts';
import type { BootTarget, Netboot } from './ovh/netboots.ts';
import { alteredSettings } from './ovh/server-state.ts';
import type { Settings } from './ovh/server-state.ts';
import { badRequest, OvhRefusal } from './ovh/errors.ts';
import { advanceTask, cancelTask, findTask, isPending, newTask } from './ovh/tasks.ts';
import type { Task, TaskPace } from './ovh/tasks.ts';
import type { Fault, Faults } from './scenario.ts';
import { rescueValues, serverBoot, serverDisks } from './server-boot.ts';
import { newRecord, newSecret, recordSchema } from './server-record.ts';
import type { Boot, ServerRecord, Visit } from './server-record.ts';
import { labServerView, type LabServerView } from './server-view.ts';
import { readIfThere, writeState } from './state-file.ts';

/** The cause of a boot by hand. */
const technician = 'technician';

/** What all servers of a lab share. */
export type LabSurroundings = {
  acceleration: Acceleration;
  /** Null: a lab without machines, whose resets are only written down. */
  images: LabImageFiles | null;
  imagePort: number;
  netboots: Netboot[];
  faults: Faults;
  pace: TaskPace;
  now: () => number;
  log: (line: string) => void;
};

/**
 * One rented server: what the provider keeps of it, and its machine. API state and machine state
 * are apart: a setting changes at once, the machine takes it at its next reset.
 */
export class LabServer {
  readonly config: ServerConfig;
  readonly kind: HardwareKind;
  readonly paths: ServerPaths;
  readonly #around: LabSurroundings;
  readonly #machine: Machine;
  #record: ServerRecord;
  /** Machine operations, one after the other. */
  #queue: Promise<unknown> = Promise.resolve();
  /** Ends what belongs to the boot that runs. */
  #bootEnds = new AbortController();

  constructor(
    config: ServerConfig,
    kind: HardwareKind,
    paths: ServerPaths,
    around: LabSurroundings,
  ) {
    this.config = config;
    this.kind = kind;
    this.paths = paths;
    this.#around = around;
    this.#machine = new Machine(paths, (reason) => this.#stopped(reason));
    const text = readIfThere(paths.state);
    this.#record = text === null ? newRecord() : recordSchema.parse(JSON.parse(text));
  }

  /** What the provider keeps, for its API. */
  get settings(): Settings {
    return this.#record.settings;
  }

  get tasks(): Task[] {
    return this.#record.tasks;
  }

  get power(): 'on' | 'off' {
    return this.#record.power;
  }

  get rescueSecret(): ServerRecord['rescueSecret'] {
    return this.#record.rescueSecret;
  }

  get boots(): Boot[] {
    return this.#record.boots;
  }

  /** PUT: what the body names changes at once. Throws OvhRefusal. */
  alter(body: unknown): void {
    const settings = alteredSettings(this.settings, body, this.#around.netboots);
    const newKey = settings.rescueSshKey !== this.settings.rescueSshKey;
    if (newKey && this.#strikes('rescue-key-refused') !== null) {
      throw badRequest('SSH key is not valid');
    }
    if (this.#strikes('put-ignored') === null) this.#save({ settings });
  }

  /** Orders a hard reboot. Throws OvhRefusal while one is under way. */
  orderReboot(taskId: number): Task {
    const running = this.tasks.find(isPending);
    if (running !== undefined) {
      throw new OvhRefusal(
        400,
        `Task ${running.taskId} of type ${running.function} with status ${running.status} is ` +
          `already running on server ${this.config.service}`,
        { class: 'Client::BadRequest::TaskAlreadyExists' },
      );
    }
    const task = newTask(taskId, this.#around.now());
    this.#save({ tasks: [...this.tasks, task] });
    return task;
  }

  /** Throws OvhRefusal when there is no such task or it has begun. */
  cancel(taskId: number): void {
    this.#replaceTask(cancelTask(findTask(this.tasks, taskId), this.#around.now()));
  }

  /** Moves tasks on as time passes; a task that becomes `doing` resets the machine. */
  tick(): void {
    for (const task of this.tasks.filter(isPending)) {
      const moved = advanceTask(task, this.#around.pace, this.#around.now());
      if (moved === task) continue;
      if (moved.status === 'done' && this.#strikes('task-stuck') !== null) continue;
      const failure = moved.status === 'doing' ? this.#strikes('task-fails') : null;
      if (failure !== null) {
        const { status, comment } = failure;
        this.#replaceTask({ ...moved, status, comment, doneMs: this.#around.now() });
        continue;
      }
      this.#replaceTask(moved);
      if (moved.status === 'doing') this.#carryOut(moved.taskId);
    }
  }

  /** After a restart of the daemon: finds the machine again, and goes on with what was begun. */
  async resume(): Promise<void> {
    await this.#exclusive(() => this.#resumeMachine());
    for (const task of this.tasks) {
      if (task.status === 'doing' && !task.carriedOut) this.#carryOut(task.taskId);
    }
  }

  /** Resets the machine, or powers it on; it takes the boot target of this moment. */
  async reset(cause: string): Promise<void> {
    await this.#exclusive(() => this.#boot(cause));
  }

  /** Cuts the power: QEMU is killed. */
  async cutPower(): Promise<void> {
    await this.#exclusive(async () => {
      await this.#noteWrittenBytes();
      await this.#machine.cutPower();
      this.#bootEnds.abort();
      this.#save({ power: 'off' });
    });
  }

  /** Powers off without asking the guest; what its disks were told to keep is kept. */
  async powerOff(): Promise<void> {
    await this.#exclusive(() => this.#powerOff());
  }

  /** The lab goes down: the machine stops, and is powered on again when the lab is up again. */
  async goDown(): Promise<void> {
    await this.#exclusive(async () => {
      await this.#noteWrittenBytes();
      this.#bootEnds.abort();
      await this.#machine.stop();
    });
  }

  /** Waits until nothing is under way with the machine. */
  async idle(): Promise<void> {
    await this.#queue;
  }

  /** Leaves the machine running for a later daemon. */
  async release(): Promise<void> {
    await this.#exclusive(async () => {
      this.#bootEnds.abort();
      this.#machine.release();
    });
  }

  /** A technician puts in a disk with another serial number and the same contents. */
  swapSerial(index: number, serial: string): void {
    this.#save({ swappedSerials: { ...this.#record.swappedSerials, [index]: serial } });
  }

  /** Puts an old system on a disk (see old-system.ts); a running machine is off meanwhile. */
  async insertOldSystem(index: number): Promise<void> {
    await this.#exclusive(async () => {
      const wasOn = this.power === 'on';
      await this.#powerOff();
      const disk = this.disks()[index];
      if (disk === undefined) throw new Error(`${this.config.name} has no disk ${index}`);
      await writeOldSystem(disk.file, disk.model.sizeBytes);
      if (wasOn) await this.#boot('control');
    });
  }

  disks(): MachineDisk[] {
    return serverDisks(this.config, this.kind, this.paths, this.#record.swappedSerials);
  }

  get visits(): Visit[] {
    return this.#record.visits;
  }

  /** What is kept of the technicians who came. */
  keepVisits(visits: Visit[]): void {
    this.#save({ visits });
  }

  /** A technician at the machine: rescue is what it boots, now and later. */
  async bootRescueByHand(): Promise<void> {
    const rescue = this.#around.netboots.find(({ target }) => target === 'rescue');
    this.#save({ settings: { ...this.settings, bootId: rescue?.bootId ?? null } });
    await this.#exclusive(() => this.#boot(technician));
  }

  /** What runs: the boot target of the last reset. */
  runs(): BootTarget {
    return this.power === 'off' ? 'off' : (this.boots.at(-1)?.target ?? 'off');
  }

  /** Everything about it, for the control API. */
  async show(): Promise<LabServerView> {
    await this.#noteWrittenBytes();
    return labServerView(this, this.#netboot()?.kernel ?? 'hd', this.#machine.pid());
  }

  async pressPowerButton(): Promise<void> {
    await this.#exclusive(() => this.#machine.pressPowerButton());
  }

  async #resumeMachine(): Promise<void> {
    const boot = this.boots.at(-1);
    if (boot === undefined) return this.#boot('delivery');
    if (await this.#machine.adopt()) {
      this.#alterBoot(boot.number, { started: true });
      return this.#watchBoot();
    }
    if (this.power === 'off') return undefined;
    // The pid file of a QEMU that is dead: its power was cut.
    if (this.#machine.wasStarted()) return this.#save({ power: 'off' });
    // Without one, the lab was down, or the daemon died before it started QEMU for this boot.
    return boot.started ? this.#boot('power-on') : this.#startMachine();
  }

  #carryOut(taskId: number): void {
    void this.#exclusive(() => this.#boot(`task ${taskId}`, taskId)).catch((error: unknown) => {
      this.#around.log(`${this.config.name}: ${String(error)}`);
      const task = findTask(this.tasks, taskId);
      this.#replaceTask({ ...task, status: 'ovhError', comment: 'the machine did not start' });
    });
  }

  /**
   * The moment of the reset: the netboot is chosen now. The boot and the task's share in it are
   * written down together before QEMU starts, so a daemon that dies here resets once, not twice.
   */
  async #boot(cause: string, taskId?: number): Promise<void> {
    await this.#noteWrittenBytes();
    this.#bootEnds.abort();
    await this.#machine.stop();
    const wanted = this.#netboot()?.target ?? 'disk';
    // A technician boots rescue by hand, from what they carry.
    const missed =
      wanted === 'rescue' && cause !== technician && this.#strikes('netboot-missed') !== null;
    const target = missed ? 'disk' : wanted;
    const withPassword = target === 'rescue' && this.settings.rescueSshKey === null;
    const boot: Boot = {
      ...{ number: this.boots.length + 1, target, cause, atMs: this.#around.now() },
      ...{ started: false, bannerAfterMs: null, writtenBytes: 0 },
    };
    this.#save({
      boots: [...this.boots, boot],
      power: target === 'off' ? 'off' : 'on',
      rescueSecret: withPassword ? newSecret() : null,
      tasks: this.tasks.map((task) =>
        task.taskId === taskId ? { ...task, carriedOut: true } : task,
      ),
    });
    if (target !== 'off') await this.#startMachine();
  }

  async #startMachine(): Promise<void> {
    const { images } = this.#around;
    const target = this.runs();
    if (images === null || target === 'off') return;
    const { acceleration, imagePort } = this.#around;
    const hangs = target === 'rescue' && this.#strikes('rescue-hangs') !== null;
    await this.#machine.start({
      ...serverBoot(this.config, this.kind, images),
      // A machine at the iPXE prompt is as silent.
      ...{ target: hangs ? 'ipxe' : target, acceleration, disks: this.disks() },
      fwCfg: rescueValues(this.config, this.#record, imagePort),
    });
    this.#alterBoot(this.boots.length, { started: true });
    this.#watchBoot();
  }

  /** Notes when the SSH banner of this boot was first seen. */
  #watchBoot(): void {
    this.#bootEnds.abort();
    this.#bootEnds = new AbortController();
    const boot = this.boots.at(-1);
    if (boot === undefined || boot.bannerAfterMs !== null || boot.target === 'ipxe') return;
    const { address, sshPort } = this.config;
    void waitForBanner(address, sshPort, this.#bootEnds.signal).then((seen) => {
      if (!seen) return;
      this.#alterBoot(boot.number, { bannerAfterMs: this.#around.now() - boot.atMs });
    });
  }

  /** The machine stopped by itself. A guest's reset is a reset like any other. */
  #stopped(reason: StopReason): void {
    this.#around.log(`${this.config.name}: ${reason}`);
    const stopped = this.boots.length;
    const next = async (): Promise<void> => {
      if (this.boots.length > stopped) return; // it was reset meanwhile
      if (reason === 'guest-reset') return this.#boot(reason);
      if (reason === 'guest-poweroff') return this.#powerOff();
      this.#bootEnds.abort();
      this.#save({ power: 'off' });
    };
    void this.#exclusive(next).catch((error: unknown) => {
      this.#around.log(`${this.config.name}: ${String(error)}`);
    });
  }

  async #powerOff(): Promise<void> {
    await this.#noteWrittenBytes();
    this.#bootEnds.abort();
    this.#save({ power: 'off' });
    await this.#machine.stop();
  }

  async #noteWrittenBytes(): Promise<void> {
    const boot = this.boots.at(-1);
    const writtenBytes = await this.#machine.writtenBytes();
    if (boot !== undefined && writtenBytes !== null) this.#alterBoot(boot.number, { writtenBytes });
  }

  #strikes<K extends Fault['kind']>(kind: K): Extract<Fault, { kind: K }> | null {
    return this.#around.faults.strike(kind, { server: this.config.name });
  }

  #netboot(): Netboot | undefined {
    return this.#around.netboots.find(({ bootId }) => bootId === this.settings.bootId);
  }

  #alterBoot(number: number, change: Partial<Boot>): void {
    this.#save({
      boots: this.boots.map((boot) => (boot.number === number ? { ...boot, ...change } : boot)),
    });
  }

  #replaceTask(task: Task): void {
    this.#save({
      tasks: this.tasks.map((known) => (known.taskId === task.taskId ? task : known)),
    });
  }

  #exclusive<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(work);
    this.#queue = result.catch(() => undefined);
    return result;
  }

  #save(change: Partial<ServerRecord>): void {
    this.#record = { ...this.#record, ...change };
    writeState(this.paths.state, this.#record);
  }
}
