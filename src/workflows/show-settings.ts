import type { SettingsRequest } from '../contract.ts';
import type { SettingsView } from '../run/settings-view.ts';
import { asking } from './activity-options.ts';

/** The provider's settings as they are and as they were, without the server's lock. */
export async function showSettings(
  request: SettingsRequest,
): Promise<Omit<SettingsView, 'runUnderWay'>> {
  return asking.showSettings.executeWithOptions({ summary: "read the provider's settings" }, [
    request,
  ]);
}
