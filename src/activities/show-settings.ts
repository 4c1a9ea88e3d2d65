import { cancellationSignal } from '@temporalio/activity';

import type { ServerRequest } from '../contract.ts';
import type { SettingsSnapshot } from '../providers/provider.ts';
import type { ServerAccess } from '../run/plan.ts';
import type { SettingsView, SettingView } from '../run/settings-view.ts';
import { compareSettings } from '../settings/compare-settings.ts';
import { findServer } from './access.ts';
import type { Dependencies } from './dependencies.ts';
import { readOriginalSettings } from './settings.ts';

/** What `settings restore` has to put back. */
export type SettingsLeft = {
  access: ServerAccess;
  /** Null: nothing of ironstep's is left in them. */
  original: SettingsSnapshot | null;
  /** What differs from it now. */
  changed: SettingView[];
  warnings: string[];
};

/** The provider's settings for a person: as they are, and as they were before ironstep. */
export function createShowSettingsActivities(dependencies: Dependencies) {
  return {
    /** Both beside each other. Read-only. */
    async showSettings({
      server,
      provider,
    }: Pick<ServerRequest, 'server' | 'provider'>): Promise<Omit<SettingsView, 'runUnderWay'>> {
      const { stored, original, settings } = await compared(dependencies, provider);
      return {
        server,
        provider: provider.kind,
        service: provider.service,
        account: provider.account,
        savedAt: stored?.takenAt ?? null,
        settings,
        // With a saved snapshot the table itself shows what differs.
        warnings: stored === null ? original.warnings : [],
      };
    },

    /** Where the server is and what a lost run has left in its settings. Read-only. */
    async settingsLeft(request: ServerRequest): Promise<SettingsLeft> {
      const { access } = await findServer(dependencies, request);
      const { stored, original, settings } = await compared(dependencies, request.provider);
      return {
        access,
        original: original.ours ? original.snapshot : null,
        changed: settings.filter(({ changedBy }) => changedBy !== null),
        warnings: stored === null ? original.warnings : [],
      };
    },
  };
}

async function compared(dependencies: Dependencies, provider: ServerRequest['provider']) {
  const found = await readOriginalSettings(dependencies, { provider });
  const inWords = (snapshot: SettingsSnapshot) =>
    found.provider.settingsInWords(snapshot, found.ourPublicKey, cancellationSignal());
  const settings = compareSettings(
    await inWords(found.raw),
    await inWords(found.original.snapshot),
  );
  return { ...found, settings };
}
