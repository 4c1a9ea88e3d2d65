import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { z } from 'zod';

import { createFileOnce, syncFolder } from '../durable-file.ts';
import type { SettingsSnapshot } from '../providers/provider.ts';
import type { ServerSpec } from '../spec/server-spec.ts';
import { stateFolder } from '../xdg.ts';

type ProviderReference = Pick<ServerSpec['provider'], 'kind' | 'service'>;

/**
 * A saved snapshot was changed or cut short by somebody else. A person must look at it.
 *
 * @where preflight, handover
 * @changed Nothing. The settings of the provider are as the run left them.
 * @remedy Put the settings right in the provider's panel, then remove the file that is named, then
 *   resume.
 * @example
 * /home/me/.local/state/ironstep/settings/ovh_ns3012345.json is no snapshot of the settings of \
 * ns3012345. Put those settings right in the provider's panel, then remove the file.
 */
export class SettingsStoreDamaged extends Error {
  override name = 'SettingsStoreDamaged';
}

/**
 * The provider's settings as they were before ironstep changed them, one open snapshot a server
 * (invariant 9). Beside the copy in the run, so that they can be put back when the run is gone.
 */
export type SettingsStore = {
  /** The open snapshot of a server. Throws SettingsStoreDamaged. */
  load(server: ProviderReference): Promise<SettingsSnapshot | null>;
  /** Opens a snapshot, durably. While one is open it stays: the first one is the original. */
  save(server: ProviderReference, snapshot: SettingsSnapshot): Promise<void>;
  /** The settings are back: the snapshot goes to the `restored` folder. Idempotent. */
  close(server: ProviderReference): Promise<void>;
};

/** Restored snapshots kept for each server, to look at when something seems lost. */
const keptRestored = 20;

const snapshotSchema = z.object({
  service: z.string(),
  takenAt: z.string(),
  values: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
});

/** A store in `folder`, by default in the state folder. Its files have mode 0600. */
export function createSettingsStore(folder: string = stateFolder('settings')): SettingsStore {
  const nameOf = ({ kind, service }: ProviderReference): string => `${kind}_${service}`;
  const fileOf = (server: ProviderReference): string => join(folder, `${nameOf(server)}.json`);

  async function load(server: ProviderReference): Promise<SettingsSnapshot | null> {
    const file = fileOf(server);
    const text = await readIfThere(file);
    if (text === null) return null;
    try {
      return snapshotSchema.parse(JSON.parse(text));
    } catch (cause) {
      throw new SettingsStoreDamaged(
        `${file} is no snapshot of the settings of ${server.service}. Put those settings right in ` +
          `the provider's panel, then remove the file.`,
        { cause },
      );
    }
  }

  return {
    load,
    async save(server, snapshot) {
      await createFileOnce(fileOf(server), `${JSON.stringify(snapshot, null, 2)}\n`);
    },
    async close(server) {
      const snapshot = await load(server);
      if (snapshot === null) return;
      const restored = join(folder, 'restored', nameOf(server));
      await mkdir(restored, { recursive: true, mode: 0o700 });
      const name = `${snapshot.takenAt.replaceAll(/[^0-9A-Za-z.-]/g, '-')}.json`;
      await rename(fileOf(server), join(restored, name));
      await syncFolder(restored);
      await syncFolder(folder);
      await removeOldest(restored);
    },
  };
}

async function removeOldest(restored: string): Promise<void> {
  // The names are times, so their order is that of the snapshots.
  const names = (await readdir(restored)).sort();
  for (const name of names.slice(0, -keptRestored)) await rm(join(restored, name));
}

async function readIfThere(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
