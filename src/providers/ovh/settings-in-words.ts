import { samePublicKey } from '../../secrets/public-key.ts';
import { ProviderNotFound } from '../provider-error.ts';
import type { SettingInWords, SettingsSnapshot } from '../provider.ts';
import type { OvhClient } from './client.ts';
import { rescueNetboots } from './netboot.ts';
import { netbootSchema } from './schemas.ts';
import type { OvhNetboot } from './schemas.ts';
import type { SettingName } from './settings.ts';

type Value = SettingsSnapshot['values'][string];

/** What each setting is called here, and what a run makes of it until it ends. */
const words: Record<SettingName, { label: string; meanwhile: string | null }> = {
  bootId: { label: 'boot target', meanwhile: 'rescue' },
  monitoring: { label: 'monitoring', meanwhile: 'off' },
  noIntervention: { label: 'interventions', meanwhile: 'off' },
  rescueSshKey: { label: 'rescue key', meanwhile: "ironstep's" },
  rescueMail: { label: 'rescue mail', meanwhile: null },
  efiBootloaderPath: { label: 'EFI boot loader', meanwhile: null },
  bootScript: { label: 'boot script', meanwhile: null },
};

/** A snapshot in words, always in the same order. Asks OVH what its netboots are. */
export async function settingsInWords(
  { client, serverPath }: { client: OvhClient; serverPath: string },
  snapshot: SettingsSnapshot,
  ourPublicKey: string,
  signal?: AbortSignal,
): Promise<SettingInWords[]> {
  const names = Object.keys(words) as SettingName[];
  const known = names.filter((name) => snapshot.values[name] !== undefined);
  return Promise.all(
    known.map(async (name) => {
      const setting = snapshot.values[name] ?? null;
      const told =
        name === 'bootId'
          ? bootTarget(await netbootOf(client, serverPath, setting, signal), setting)
          : plainSetting(name, setting, ourPublicKey);
      return { name, ...words[name], ...told };
    }),
  );
}

type Told = Pick<SettingInWords, 'value' | 'asInRun'>;

/** Null is how ironstep writes "from disk" when it could not know the id (`withoutOurMarks`). */
function bootTarget(netboot: OvhNetboot | null, id: Value): Told {
  if (id === null || netboot?.bootType === 'harddisk') return { value: 'disk', asInRun: false };
  if (netboot === null) {
    return { value: `netboot ${String(id)}, which OVH does not know any more`, asInRun: false };
  }
  const kernel = netboot.kernel ?? `netboot ${netboot.bootId}`;
  const isRescue = rescueNetboots([netboot]).length > 0;
  return { value: isRescue ? `rescue (${kernel})` : kernel, asInRun: isRescue };
}

function plainSetting(name: SettingName, setting: Value, ourPublicKey: string): Told {
  const value = valueInWords(name, setting, ourPublicKey);
  return { value, asInRun: value === words[name].meanwhile };
}

async function netbootOf(
  client: OvhClient,
  serverPath: string,
  id: Value,
  signal?: AbortSignal,
): Promise<OvhNetboot | null> {
  if (typeof id !== 'number') return null;
  try {
    return await client.get(`${serverPath}/boot/${id}`, netbootSchema, signal);
  } catch (error) {
    if (error instanceof ProviderNotFound) return null;
    throw error;
  }
}

function valueInWords(name: SettingName, value: Value, ourPublicKey: string): string {
  if (value === null || value === '') return 'none';
  if (name === 'rescueSshKey') return keyInWords(String(value), ourPublicKey);
  // OVH's flag says the opposite: that nobody is to intervene.
  if (name === 'noIntervention') return value === true ? 'off' : 'on';
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  return String(value);
}

/** Whose key it is, by its comment, and which, by its end. */
function keyInWords(key: string, ourPublicKey: string): string {
  if (samePublicKey(key, ourPublicKey)) return "ironstep's";
  const [type = '', body = '', ...comment] = key.trim().split(/\s+/);
  return `${comment.length > 0 ? comment.join(' ') : type} …${body.slice(-8)}`;
}
