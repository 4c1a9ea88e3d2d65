import { diskIdentity, type BlockDevice } from '../disk/block-device.ts';
import { renderPartitions, type SolvedLayout } from '../disk/layout.ts';
import { renderLease } from '../disk/lease.ts';
import { parsePartitionTable } from '../disk/partition-table.ts';
import { parseReport } from '../disk/sections.ts';
import { finalTable, oemNumber, rootEntry, rootNumber } from '../disk/table.ts';
import type { Plan, System } from '../run/plan.ts';
import type { JobTrace } from '../run/status.ts';
import type { Dependencies } from './dependencies.ts';
import { pickDisk, readDisks, solvedOn, tableOf } from './inspect.ts';
import { jobKey } from './job-key.ts';
import { repartitionReceipt } from './receipt.ts';
import { HostWorkFailed, SystemNotAsInstalled } from './run-errors.ts';
import { runJob, traceOf } from './run-job.ts';

/** ROOT has its size, the partitions are there, and every file was compared. */
export type Repartitioned = {
  layout: SolvedLayout;
  rootStartUnchanged: boolean;
  partuuidUnchanged: boolean;
  typeUnchanged: boolean;
  filesUnchanged: number;
  filesChanged: number;
  job: JobTrace;
};

/** The shrink of an installed ROOT, one crash-safe transaction on the host (invariant 4). */
export function createRepartitionActivities(dependencies: Dependencies) {
  return {
    /**
     * The disk as it is before the transaction: what the lease of this phase is taken from. Apart
     * from `repartition`, because a later attempt of that finds the disk in use by its own job.
     */
    async inspectInstalled(plan: Plan, rescue: System): Promise<BlockDevice> {
      return pickDisk(plan, await readDisks(dependencies, plan, rescue));
    },

    /**
     * Runs the transaction under the lease of this phase. The host allows it no more than a smaller
     * ROOT and the space behind. Idempotent: one job per disk and layout; the transaction
     * goes on from what it recorded on OEM.
     */
    async repartition(request: {
      plan: Plan;
      rescue: System;
      device: BlockDevice;
      /** As in `JobRequest`. */
      attempt: number;
    }): Promise<Repartitioned> {
      const { plan, rescue, device, attempt } = request;
      const table = tableOf(device);
      const layout = solvedOn(plan, { ...device, table });
      const about = [plan.target.provider.service, diskIdentity(device), plan.configDigest];
      const lease = renderLease({
        id: jobKey('repartition', about),
        phase: 'repartition',
        server: plan.target.server,
        serial: device.serial,
        wwn: device.wwn,
        sizeBytes: device.sizeBytes,
        imageSha512: null,
        fingerprint: device.fingerprint,
        bootId: rescue.bootId,
      });
      const done = await runJob(dependencies, plan.target, rescue, {
        key: jobKey('repartition', about),
        attempt,
        script: 'repartition',
        args: [String(rootNumber), String(oemNumber)],
        files: {
          lease,
          'table.sfdisk': finalTable(table, layout),
          'receipt.json': dependencies.signReceipt(repartitionReceipt(plan, device, layout)),
          partitions: renderPartitions(layout),
        },
      });
      const report = parseReport(done.output['report'] ?? '');
      const before = rootEntry(parsePartitionTable(done.output['table-before.json'] ?? '{}'));
      const after = rootEntry(parsePartitionTable(done.output['table-after.json'] ?? '{}'));
      const result: Repartitioned = {
        layout,
        rootStartUnchanged: before.startSector === after.startSector,
        partuuidUnchanged: before.partUuid === after.partUuid,
        typeUnchanged: before.type === after.type,
        filesUnchanged: Number(report['files-unchanged']),
        filesChanged: Number(report['files-changed']) + Number(report['files-missing']),
        job: traceOf('repartition', done),
      };
      refuseLostFiles(plan, result, done.logTail);
      return result;
    },
  };
}

/** A file that changed is the end of the run, never a footnote of its report. */
function refuseLostFiles(plan: Plan, result: Repartitioned, logTail: string): void {
  if (!Number.isFinite(result.filesUnchanged)) {
    throw new HostWorkFailed(
      `repartition on ${plan.target.server} did not compare the files of ROOT:\n${logTail}`,
    );
  }
  if (result.filesChanged === 0) return;
  throw new SystemNotAsInstalled(
    `${result.filesChanged} files of ROOT on ${plan.target.server} are not what they were before ` +
      `the shrink. The log of the comparison:\n${logTail}`,
  );
}
