import { z } from 'zod';

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
