import type { SettingsSnapshot } from '../providers/provider.ts';
import { samePublicKey } from '../secrets/public-key.ts';

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
 * - Our rescue key is set, but nothing is stored (another worker's state, or a lost one): no
 *   rescue key, boot from disk (`bootId: null`), and both monitoring flags left as they are,
 *   because what they were is not known. A warning says so.
 * - Else what was read.
 *
 * The names are those of OVH, the only provider with such settings so far.
 */
export function originalSettings(seen: {
  raw: SettingsSnapshot;
  ourPublicKey: string;
  stored: SettingsSnapshot | null;
}): OriginalSettings {
  const { raw, stored } = seen;
  if (stored !== null) {
    return { snapshot: stored, ours: true, warnings: describeChanges(raw, stored) };
  }
  const rescueKey = raw.values['rescueSshKey'];
  if (typeof rescueKey !== 'string' || !samePublicKey(rescueKey, seen.ourPublicKey)) {
    return { snapshot: raw, ours: false, warnings: [] };
  }
  const { monitoring, noIntervention, ...kept } = raw.values;
  return {
    snapshot: { ...raw, values: { ...kept, rescueSshKey: null, bootId: null } },
    ours: true,
    warnings: [
      `${raw.service} already carries ironstep's rescue key, but this worker has no saved ` +
        `settings of it. Boot from disk and no rescue key are taken as the original. Its ` +
        `monitoring (${monitoring}) and noIntervention (${noIntervention}) stay as they are ` +
        `at the end: look at them in the provider's panel.`,
    ],
  };
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
