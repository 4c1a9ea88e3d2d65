import type { BlockDevice } from '../disk/block-device.ts';
import { renderPartitions, solveLayout, type SolvedLayout } from '../disk/layout.ts';
import { renderLease, type WipeLease } from '../disk/lease.ts';
import { parsePartitionTable, type PartitionTable } from '../disk/partition-table.ts';
import { parseReport } from '../disk/sections.ts';
import { finalTable, oemNumber, rootEntry, rootNumber } from '../disk/table.ts';
import { withHostKey } from '../os/flatcar/machine-config.ts';
import type { ImageRelease, RenderedConfig } from '../os/os-target.ts';
import type { Plan, System } from '../run/plan.ts';
import type { JobTrace } from '../run/status.ts';
import type { Dependencies } from './dependencies.ts';
import { jobKey } from './job-key.ts';
import { installReceipt } from './receipt.ts';
import { runJob, traceOf } from './run-job.ts';

/** The verified image in the rescue system's RAM, and its own partition table. */
export type Staged = { imageBytes: number; table: PartitionTable; job: JobTrace };

/** The installed disk: it may boot. */
export type Written = {
  bytesWritten: number;
  jobs: JobTrace[];
  /** With `presize` the layout that is on the disk now; else null, the OS grows ROOT. */
  layout: SolvedLayout | null;
};

export type WriteRequest = {
  plan: Plan;
  config: RenderedConfig;
  rescue: System;
  device: BlockDevice;
  lease: WipeLease;
  staged: Staged;
  /** As in `JobRequest`. */
  attempt: number;
};

/** From the release server to a disk that may boot. Both are durable jobs on the host. */
export function createInstallActivities(dependencies: Dependencies) {
  return {
    /**
     * Fetches the image into RAM and compares it with the signed digest; nothing on a disk changes.
     * Idempotent: the job's key is the digest, and a later attempt attaches to it. `attempt` is as in
     * `JobRequest`.
     */
    async stageImage(plan: Plan, rescue: System, attempt: number): Promise<Staged> {
      const done = await runJob(dependencies, plan.target, rescue, {
        key: jobKey('stage', [plan.release.sha512]),
        attempt,
        script: 'stage-image',
        args: imageArguments(plan.release),
      });
      return {
        imageBytes: Number(done.output['image-bytes']),
        table: parsePartitionTable(done.output['image-table.json'] ?? ''),
        job: traceOf('stage-image', done),
      };
    },

    /**
     * Writes image, config, receipt and, with `presize`, the final layout; the first sectors last.
     * Idempotent: one job per disk and image, started once an attempt; a second caller attaches.
     */
    async writeImage(request: WriteRequest): Promise<Written> {
      const { plan, config, rescue, device, lease, staged, attempt } = request;
      const layout = plan.apply === 'presize' ? solve(plan, device, staged.table) : null;
      const { privateKey } = dependencies.keyPair(plan.target.provider, 'host');
      const done = await runJob(dependencies, plan.target, rescue, {
        key: jobKey('write', [lease.id, plan.configDigest]),
        attempt,
        script: 'write-image',
        args: [...imageArguments(plan.release), String(rootNumber), String(oemNumber)],
        files: {
          lease: renderLease(lease),
          'table.sfdisk': finalTable(staged.table, layout),
          'config.ign': withHostKey(config.ignition, privateKey),
          'receipt.json': dependencies.signReceipt(installReceipt(plan, device)),
          ...(config.userData === null ? {} : { user_data: config.userData }),
          ...(layout === null ? {} : { partitions: renderPartitions(layout) }),
        },
      });
      const report = parseReport(done.output['report'] ?? '');
      return {
        bytesWritten: Number(report['bytes-written']),
        jobs: [staged.job, traceOf('write-image', done)],
        layout,
      };
    },
  };
}

function imageArguments(release: ImageRelease): string[] {
  return [release.url, release.sha512, String(release.compressedBytes), release.compression];
}

function solve(plan: Plan, device: BlockDevice, table: PartitionTable): SolvedLayout {
  const root = rootEntry(table);
  return solveLayout({
    diskSectors: Math.floor(device.sizeBytes / device.logicalSectorBytes),
    sectorBytes: device.logicalSectorBytes,
    rootStartSector: root.startSector,
    layout: plan.layout ?? undefined,
    minRootBytes: root.sizeSectors * device.logicalSectorBytes,
    partUuids: plan.partUuids,
    where: plan.target.server,
  });
}
