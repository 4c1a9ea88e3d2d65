import type { SettingsSnapshot } from '../providers/provider.ts';
import type { Plan } from '../run/plan.ts';
import { quick } from './activity-options.ts';
import type { ServerRun } from './server-run.ts';

/** The provider's settings, saved in the run and on the worker before the first change. */
export async function saveSettings(run: ServerRun, plan: Plan): Promise<SettingsSnapshot> {
  const saved = await quick.saveSettings.executeWithOptions(
    { summary: "save the provider's settings" },
    [plan.target],
  );
  run.warnings.push(...saved.warnings);
  return saved.snapshot;
}
