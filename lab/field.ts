import { findHardwareKind } from './hardware.ts';
import { labPaths } from './lab-config.ts';
import type { LabConfig } from './lab-config.ts';
import { LabServer } from './lab-server.ts';
import type { LabSurroundings } from './lab-server.ts';
import type { Acceleration } from './machine/qemu-args.ts';
import { netbootsOf } from './ovh/netboots.ts';
import { labPace } from './ovh/tasks.ts';
import type { TaskPace } from './ovh/tasks.ts';
import type { Faults } from './scenario.ts';

/** Task ids are one sequence for the whole provider; it was here when the lab began. */
const firstTaskId = 8_123;

export type FieldOptions = {
  folder: string;
  config: LabConfig;
  acceleration: Acceleration;
  faults: Faults;
  log: (line: string) => void;
  pace?: TaskPace;
  /** Milliseconds since the epoch; tests move it by hand. */
  now?: () => number;
};

/** The field in a box: every server of the provider. All that it knows is in files. */
export class Field {
  readonly servers: LabServer[];
  readonly netboots: LabSurroundings['netboots'];
  readonly now: () => number;

  constructor({ folder, config, acceleration, faults, log, pace, now }: FieldOptions) {
    this.netboots = netbootsOf(config.bootIdShift);
    this.now = now ?? Date.now;
    const around: LabSurroundings = {
      ...{ acceleration, faults, log, netboots: this.netboots, now: this.now },
      images: config.images,
      imagePort: config.ports.images,
      pace: pace ?? labPace,
    };
    this.servers = config.servers.map((server) => {
      const kind = findHardwareKind(server.kind);
      if (kind === null) throw new Error(`${server.name}: no kind of server ${server.kind}`);
      return new LabServer(server, kind, labPaths(folder).server(server.name), around);
    });
  }

  byService(service: string): LabServer | undefined {
    return this.servers.find((server) => server.config.service === service);
  }

  byName(name: string): LabServer | undefined {
    return this.servers.find((server) => server.config.name === name);
  }

  /** The id of the next task. */
  nextTaskId(): number {
    const ids = this.servers.flatMap((server) => server.tasks.map(({ taskId }) => taskId));
    return Math.max(firstTaskId - 1, ...ids) + 1;
  }

  /** Machines that an earlier daemon started are taken over; new servers are powered on. */
  async resume(): Promise<void> {
    await Promise.all(this.servers.map((server) => server.resume()));
  }

  /** Lets time pass. */
  tick(): void {
    for (const server of this.servers) server.tick();
  }

  /** Stops every machine; `resume` powers on again those that were on. */
  async goDown(): Promise<void> {
    await Promise.all(this.servers.map((server) => server.goDown()));
  }

  /** Leaves the machines running for a later daemon. */
  async release(): Promise<void> {
    await Promise.all(this.servers.map((server) => server.release()));
  }
}
