import type { Provider, SettingsSnapshot } from '../providers/provider.ts';

/** The settings as they were before ironstep. */
export type OriginalSettings = {
  snapshot: SettingsSnapshot;
  /** An earlier run changed them and did not put them back: it may have left work behind. */
  ours: boolean;
  warnings: string[];
};

/**
 * What the settings were before ironstep, told apart from its own marks (invariant 9):
 *
 * - A stored snapshot is still open: that one, whatever the provider says by now.
 * - Our rescue key is set, but nothing is stored (another worker's state, or a lost one): what the
 *   adapter makes of them, and a warning about what is not known.
 * - Else what was read.
 */
export function originalSettings(
  provider: Pick<Provider, 'withoutOurMarks'>,
  seen: { raw: SettingsSnapshot; ourPublicKey: string; stored: SettingsSnapshot | null },
): OriginalSettings {
  const { raw, stored } = seen;
  if (stored !== null) {
    return { snapshot: stored, ours: true, warnings: describeChanges(raw, stored) };
  }
  const cleaned = provider.withoutOurMarks(raw, seen.ourPublicKey);
  if (cleaned === null) return { snapshot: raw, ours: false, warnings: [] };
  return { snapshot: cleaned.snapshot, ours: true, warnings: [cleaned.warning] };
}

function describeChanges(raw: SettingsSnapshot, stored: SettingsSnapshot): string[] {
  const changed = Object.keys(stored.values).filter(
    (name) => stored.values[name] !== raw.values[name],
  );
  if (changed.length === 0) return [];
  return [
    `The settings of ${raw.service} were saved by an earlier run at ${stored.takenAt} and not put ` +
      `back since. Those are taken as the original; different now: ${changed.join(', ')}.`,
  ];
}
