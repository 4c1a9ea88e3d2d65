import { samePublicKey } from '../../secrets/public-key.ts';
import { ProviderUnavailable } from '../provider-error.ts';
import type { SettingsSnapshot } from '../provider.ts';
import type { OvhClient } from './client.ts';
import { serverSchema } from './schemas.ts';

/**
 * What a run may change or must put back. Never `state`, although OVH's schema lets it be written:
 * it is OVH's word for an abused server.
 */
const settingNames = [
  'bootId',
  'bootScript',
  'efiBootloaderPath',
  'monitoring',
  'noIntervention',
  'rescueMail',
  'rescueSshKey',
] as const;

export type SettingName = (typeof settingNames)[number];
type Value = string | number | boolean | null;
export type Settings = Partial<Record<SettingName, Value>>;

/** The settings that OVH's answer holds, by OVH's own names; absent ones stay absent. */
export function settingsOf(server: object): Settings {
  const entries = Object.entries(server).filter(([name]) =>
    (settingNames as readonly string[]).includes(name),
  );
  return Object.fromEntries(entries);
}

/** Picks some settings of a snapshot. What the snapshot does not know stays as it is. */
export function settingsIn(snapshot: SettingsSnapshot, names: readonly SettingName[]): Settings {
  return Object.fromEntries(
    names
      .map((name) => [name, snapshot.values[name]] as const)
      .filter(([, value]) => value !== undefined),
  );
}

/**
 * The settings without what ironstep sets: no rescue key, boot from disk (`bootId: null`), and both
 * monitoring flags left as they are, because what they were is not known. Null when our key is not
 * set.
 */
export function withoutOurMarks(
  snapshot: SettingsSnapshot,
  ourPublicKey: string,
): { snapshot: SettingsSnapshot; warning: string } | null {
  const { monitoring, noIntervention, ...kept } = snapshot.values;
  const { rescueSshKey } = kept;
  if (typeof rescueSshKey !== 'string' || !samePublicKey(rescueSshKey, ourPublicKey)) return null;
  const onOff = (value: unknown): string => (value === true ? 'on' : 'off');
  return {
    snapshot: { ...snapshot, values: { ...kept, rescueSshKey: null, bootId: null } },
    warning:
      `${snapshot.service} already carries ironstep's rescue key, but this worker has no saved ` +
      `settings of it. Boot from disk and no rescue key are taken as the original. Its ` +
      `monitoring (${onOff(monitoring)}) and interventions (${onOff(noIntervention === false)}) ` +
      `stay as they are at the end: look at them in the provider's panel.`,
  };
}

/**
 * Makes these settings true: sends only what differs, then reads back, because OVH accepts changes
 * without making them and a second writer may be at work. What OVH does not show cannot be read
 * back; SSH decides then (invariant 5). Throws ProviderUnavailable when a setting did not take;
 * repeating is harmless.
 */
export async function changeSettings(
  client: OvhClient,
  serverPath: string,
  wanted: Settings,
  signal?: AbortSignal,
): Promise<void> {
  const read = async (): Promise<Settings> =>
    settingsOf(await client.get(serverPath, serverSchema, signal));
  const different = differing(await read(), wanted);
  if (different.length === 0) return;
  const body = Object.fromEntries(different.map((name) => [name, wanted[name]]));
  await client.put(serverPath, body, signal);
  const after = await read();
  // rescueMail is not updated consistently (Terraform provider's docs), so nothing relies on it.
  const left = differing(after, wanted).filter((name) => name in after && name !== 'rescueMail');
  if (left.length === 0) return;
  throw new ProviderUnavailable(
    `OVH accepted a change of ${serverPath}, but ${left.join(' and ')} still read differently. ` +
      `Trying again later helps, unless somebody else changes the same settings.`,
  );
}

function differing(current: Settings, wanted: Settings): SettingName[] {
  return settingNames.filter((name) => {
    const value = wanted[name];
    return value !== undefined && !sameValue(name, current[name] ?? null, value);
  });
}

function sameValue(name: SettingName, a: Value, b: Value): boolean {
  if (name === 'rescueSshKey' && typeof a === 'string' && typeof b === 'string') {
    return samePublicKey(a, b);
  }
  // OVH answers an unset text with null or with nothing in it.
  return (a === '' ? null : a) === (b === '' ? null : b);
}
