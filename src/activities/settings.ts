import { cancellationSignal } from '@temporalio/activity';

import type { Provider, SettingsSnapshot } from '../providers/provider.ts';
import type { RunTarget } from '../run/plan.ts';
import { originalSettings, type OriginalSettings } from '../settings/original-settings.ts';
import type { Dependencies } from './dependencies.ts';

/** Saving and putting back the provider's settings (invariant 9). */
export function createSettingsActivities(dependencies: Dependencies) {
  return {
    /**
     * Saves the settings as they were before ironstep. Idempotent: while a saved snapshot is open
     * for this server, that one is the original, whatever the provider says by now.
     */
    async saveSettings(target: RunTarget): Promise<OriginalSettings> {
      const { original } = await readOriginalSettings(dependencies, target);
      await dependencies.settings.save(target.provider, original.snapshot);
      return original;
    },

    /** Boot target, rescue key and the like as before. Idempotent: writes what differs. */
    async restoreSettings(target: RunTarget, snapshot: SettingsSnapshot): Promise<void> {
      const provider = await dependencies.provider(target.provider);
      await dependencies.confirmAttempt();
      await provider.restoreSettings(snapshot, cancellationSignal());
    },

    /**
     * Monitoring as before, then the saved snapshot is closed. Only once the server answers, or
     * the provider would send a technician to it. Idempotent.
     */
    async restoreMonitoring(target: RunTarget, snapshot: SettingsSnapshot): Promise<void> {
      const provider = await dependencies.provider(target.provider);
      await dependencies.confirmAttempt();
      await provider.restoreMonitoring(snapshot, cancellationSignal());
      await dependencies.settings.close(target.provider);
    },
  };
}

/** The settings as the provider shows them, as they are saved, and as they were without ironstep. */
export async function readOriginalSettings(
  dependencies: Dependencies,
  target: Pick<RunTarget, 'provider'>,
): Promise<{
  provider: Provider;
  ourPublicKey: string;
  raw: SettingsSnapshot;
  stored: SettingsSnapshot | null;
  original: OriginalSettings;
}> {
  const provider = await dependencies.provider(target.provider);
  const raw = await provider.readSettings(cancellationSignal());
  const stored = await dependencies.settings.load(target.provider);
  const ourPublicKey = dependencies.keyPair(target.provider, 'rescue').publicKey;
  const original = originalSettings(provider, { raw, ourPublicKey, stored });
  return { provider, ourPublicKey, raw, stored, original };
}
