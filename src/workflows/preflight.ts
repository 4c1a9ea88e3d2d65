import type { Preflight } from '../activities/preflight.ts';
import type { ProvisionRequest } from '../contract.ts';
import type { Recognised } from '../activities/recognise.ts';
import type { SettingsSnapshot } from '../providers/provider.ts';
import { patient, quick } from './activity-options.ts';
import type { Boots } from './boots.ts';
import { askWhoAnswers } from './rescue-session.ts';
import type { ServerRun } from './server-run.ts';

/** What preflight found. `recognised`: the server runs already what the plan asks for. */
type Found = Preflight & { snapshot: SettingsSnapshot; recognised: Recognised | null };

/**
 * Everything that can be known without touching the server; the provider's settings, saved in the
 * run and on the worker before the first change (invariant 9); and which system answers now, since
 * an earlier run may have got far before it was lost.
 */
export async function preflight(
  run: ServerRun,
  request: ProvisionRequest,
  boots: Boots,
): Promise<Found> {
  const found = await run.phase(
    'preflight',
    async () => {
      const decided = await patient.preflight.executeWithOptions(
        { summary: 'check spec, provider and image' },
        [request],
      );
      const saved = await quick.saveSettings.executeWithOptions(
        { summary: "save the provider's settings" },
        [decided.plan.target],
      );
      run.reached(decided.plan, decided.plan.headline);
      const system = await askWhoAnswers(run, decided.plan, boots, saved.ours);
      const recognised =
        system?.kind === 'installed'
          ? await quick.recognise.executeWithOptions(
              { summary: 'is it what the spec asks for already' },
              [decided.plan, system],
            )
          : null;
      return { ...decided, ...saved, recognised };
    },
    ({ plan }) => plan.summary,
  );
  if (found.recognised !== null) {
    run.note('the server runs what the spec asks for: nothing is installed again');
    run.diskState = 'installed';
  }
  run.warnings.push(...found.plan.warnings, ...found.warnings);
  return found;
}
