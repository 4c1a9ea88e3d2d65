import { statSync } from 'node:fs';

import { z } from 'zod';

import type { LabServer } from './lab-server.ts';
import { settingsSchema } from './ovh/server-state.ts';
import { taskSchema } from './ovh/tasks.ts';
import { bootSchema } from './server-record.ts';

/** One server as the control API shows it. */
export const labServerViewSchema = z.strictObject({
  name: z.string(),
  service: z.string(),
  kind: z.string(),
  address: z.string(),
  sshPort: z.number(),
  power: z.enum(['on', 'off']),
  /** What the last reset booted; `off` when it is off. */
  runs: z.enum(['disk', 'rescue', 'ipxe', 'off']),
  /** Kernel of the netboot that the next reset takes. */
  bootTarget: z.string(),
  pid: z.number().nullable(),
  settings: settingsSchema,
  tasks: z.array(taskSchema),
  boots: z.array(bootSchema),
  disks: z.array(
    z.strictObject({
      file: z.string(),
      model: z.string(),
      serial: z.string(),
      wwn: z.string(),
      sizeBytes: z.number(),
      /** What it takes on the host. */
      allocatedBytes: z.number(),
    }),
  ),
  /** What guests wrote to its disks, over all boots. */
  writtenBytes: z.number(),
  consoleFile: z.string(),
});

export type LabServerView = z.output<typeof labServerViewSchema>;

/** Everything about a server; `bootTarget` is the kernel of the netboot of its next reset. */
export function labServerView(
  server: LabServer,
  bootTarget: string,
  pid: number | null,
): LabServerView {
  const { name, service, kind, address, sshPort } = server.config;
  const { boots, tasks, settings, power } = server;
  return {
    ...{ name, service, kind, address, sshPort, power, bootTarget, pid, settings, tasks, boots },
    runs: server.runs(),
    disks: server.disks().map(({ file, model, serial, wwn }) => ({
      ...{ file, model: model.model, serial, wwn, sizeBytes: model.sizeBytes },
      allocatedBytes: allocatedBytes(file),
    })),
    writtenBytes: boots.reduce((sum, boot) => sum + boot.writtenBytes, 0),
    consoleFile: server.paths.console,
  };
}

/** What a sparse file really takes on the host. */
function allocatedBytes(file: string): number {
  return (statSync(file, { throwIfNoEntry: false })?.blocks ?? 0) * 512;
}
