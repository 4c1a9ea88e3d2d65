import type { FirstBootProof, Plan, System } from '../run/plan.ts';
import { formatSize } from '../spec/units.ts';
import { waiting } from './activity-options.ts';
import type { ServerRun } from './server-run.ts';

/** The new OS, proven from inside: image stamp, config applied, ROOT grown, units started. */
export async function proveFirstBoot(
  run: ServerRun,
  plan: Plan,
  system: System,
): Promise<FirstBootProof> {
  const proof = await run.phase(
    'first-boot',
    () =>
      waiting.proveFirstBoot.executeWithOptions({ summary: 'wait for the first boot to finish' }, [
        plan,
        system,
        { sinceMs: Date.now(), deadlineMs: run.pace.settleDeadlineMs, pace: run.pace },
      ]),
    (found) => inWords(plan, found),
  );
  if (proof.failedUnits.length > 0) {
    run.warnings.push(`failed units of yours: ${proof.failedUnits.join(', ')}`);
  }
  return proof;
}

function inWords(plan: Plan, proof: FirstBootProof): string {
  const failed = proof.failedUnits.length;
  const units = failed === 0 ? '' : ` · ${failed} failed unit(s) of yours`;
  return `${plan.target.server} runs ${proof.osVersion} · ROOT has ${formatSize(proof.rootBytes)}${units}`;
}
