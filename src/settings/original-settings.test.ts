import { describe, expect, it } from 'vitest';

import type { Provider, SettingsSnapshot } from '../providers/provider.ts';
import { originalSettings } from './original-settings.ts';

const ourPublicKey = 'ssh-ed25519 AAAAours ironstep-rescue@ns1';

function snapshot(takenAt: string, values: SettingsSnapshot['values']): SettingsSnapshot {
  return { service: 'ns1', takenAt, values };
}

const before = snapshot('monday', { bootTarget: 'disk', monitoring: true, rescueKey: null });
const during = { bootTarget: 'rescue', monitoring: false, rescueKey: ourPublicKey };

/** A provider whose rescue key tells that ironstep was there. */
const provider: Pick<Provider, 'withoutOurMarks'> = {
  withoutOurMarks: (raw, key) =>
    raw.values['rescueKey'] === key
      ? {
          snapshot: snapshot(raw.takenAt, { bootTarget: 'disk' }),
          warning: 'not known: monitoring',
        }
      : null,
};

describe('originalSettings', () => {
  it('is what was read when ironstep was never there', () => {
    expect(originalSettings(provider, { raw: before, ourPublicKey, stored: null })).toEqual({
      snapshot: before,
      ours: false,
      warnings: [],
    });
  });

  it('is the stored snapshot while one is open, whatever the provider says by now', () => {
    const raw = snapshot('tuesday', during);
    const original = originalSettings(provider, { raw, ourPublicKey, stored: before });
    expect(original).toMatchObject({ snapshot: before, ours: true });
    expect(original.warnings).toHaveLength(1);
    expect(original.warnings[0]).toContain('bootTarget, monitoring, rescueKey');
  });

  it('says nothing when the stored one is just what was read (a repeated activity)', () => {
    const raw = snapshot('later', before.values);
    expect(originalSettings(provider, { raw, ourPublicKey, stored: before }).warnings).toEqual([]);
  });

  it('never takes our own marks for the original, when nothing is stored', () => {
    const raw = snapshot('tuesday', during);
    expect(originalSettings(provider, { raw, ourPublicKey, stored: null })).toEqual({
      snapshot: snapshot('tuesday', { bootTarget: 'disk' }),
      ours: true,
      warnings: ['not known: monitoring'],
    });
  });
});
