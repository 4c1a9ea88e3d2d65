import type { Preflight } from '../activities/preflight.ts';
import type { ProvisionRequest } from '../contract.ts';
import type { SettingsSnapshot } from '../providers/provider.ts';
import { patient, quick } from './activity-options.ts';
import type { ServerRun } from './server-run.ts';

/**
 * Everything that can be known without touching the server, and the provider's settings, saved in
 * the run and on the worker before the first change (invariant 9).
 */
export async function preflight(
  run: ServerRun,
  request: ProvisionRequest,
): Promise<Preflight & { snapshot: SettingsSnapshot }> {
  const found = await run.phase(
    'preflight',
    async () => {
      const decided = await patient.preflight.executeWithOptions(
        { summary: 'look before anything' },
        [request],
      );
      const saved = await quick.saveSettings.executeWithOptions(
        { summary: "save the provider's settings" },
        [decided.plan.target],
      );
      return { ...decided, ...saved };
    },
    ({ plan }) => plan.summary,
  );
  run.reached(found.plan, found.plan.headline);
  run.warnings.push(...found.plan.warnings, ...found.warnings);
  return found;
}
