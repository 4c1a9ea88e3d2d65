import { workflowInfo } from '@temporalio/workflow';

import type { Repartitioned } from '../activities/repartition.ts';
import type { Verified } from '../activities/verify.ts';
import type { SettingsSnapshot } from '../providers/provider.ts';
import type { FirstBootProof, Plan, ServerAccess, System } from '../run/plan.ts';
import type { Report } from '../run/status.ts';
import { quick } from './activity-options.ts';
import type { Boots } from './boots.ts';
import type { ServerRun } from './server-run.ts';

/** All that the run learned, for the report. */
export type Finished = {
  plan: Plan;
  snapshot: SettingsSnapshot;
  boots: Boots;
  system: System;
  firstBoot: FirstBootProof;
  repartitioned: Repartitioned | null;
  verified: Verified;
};

/**
 * The end of the job: the provider's settings as they were (but the server boots from disk), the
 * OS may update itself again, and the report.
 */
export async function handOver(run: ServerRun, finished: Finished): Promise<Report> {
  const { plan, snapshot, system } = finished;
  await run.phase(
    'handover',
    async () => {
      await settingsBack(plan, snapshot);
      await quick.releaseHold.executeWithOptions({ summary: 'automatic updates run again' }, [
        plan.target,
        system,
      ]);
    },
    () => "the provider's settings are back, automatic updates run again",
  );
  const report = reportOf(run, finished);
  run.record.ready(report);
  run.show();
  return report;
}

/** The provider's settings as they were, but the server boots from disk: it answers from there. */
export async function settingsBack(
  { target }: ServerAccess,
  snapshot: SettingsSnapshot,
): Promise<void> {
  await quick.restoreSettings.executeWithOptions({ summary: 'put the settings back' }, [
    target,
    snapshot,
  ]);
  await quick.armDisk.executeWithOptions({ summary: 'disk stays the boot target' }, [target]);
  await quick.restoreMonitoring.executeWithOptions({ summary: 'put monitoring back' }, [
    target,
    snapshot,
  ]);
}

function reportOf(run: ServerRun, finished: Finished): Report {
  const { plan, boots, firstBoot, repartitioned, verified } = finished;
  return {
    ok: verified.partitions.every((partition) => partition.asSpecified),
    server: plan.target.server,
    address: plan.target.address,
    sshPort: plan.target.sshPort,
    osVersion: firstBoot.osVersion,
    hostKeyFingerprint: verified.hostKeyFingerprint,
    boots: boots.ids.length,
    machineMs: boots.waitedMs + boots.jobs.reduce((sum, job) => sum + job.durationMs, 0),
    rootBytes: verified.rootBytes,
    rootStartUnchanged: repartitioned?.rootStartUnchanged ?? null,
    partuuidUnchanged: repartitioned?.partuuidUnchanged ?? null,
    typeUnchanged: repartitioned?.typeUnchanged ?? null,
    filesUnchanged: repartitioned?.filesUnchanged ?? null,
    filesChanged: repartitioned?.filesChanged ?? null,
    partitions: verified.partitions,
    failedUnits: verified.failedUnits,
    settingsRestored: true,
    jobs: boots.jobs,
    warnings: run.warnings,
    historyEvents: workflowInfo().historyLength,
    historyBytes: workflowInfo().historySize,
  };
}
