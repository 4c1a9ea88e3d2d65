import type { SettingInWords } from '../providers/provider.ts';
import type { SettingView } from '../run/settings-view.ts';

/** Settings as they are beside those before ironstep, and who made the difference. */
export function compareSettings(
  now: readonly SettingInWords[],
  before: readonly SettingInWords[],
): SettingView[] {
  return now.map(({ name, label, value, asInRun }) => {
    const known = before.find((each) => each.name === name)?.value ?? null;
    const changed = known !== null && known !== value;
    return {
      name,
      label,
      now: value,
      before: known,
      changedBy: changed ? (asInRun ? 'run' : 'somebody') : null,
    };
  });
}
