import { describe, expect, it } from 'vitest';

import type { SettingsSnapshot } from '../providers/provider.ts';
import { originalSettings } from './original-settings.ts';

const ourPublicKey = 'ssh-ed25519 AAAAours ironstep-rescue@ns1';
const theirKey = 'ssh-ed25519 AAAAtheirs me@home';

function snapshot(takenAt: string, values: SettingsSnapshot['values']): SettingsSnapshot {
  return { service: 'ns1', takenAt, values };
}

const before = snapshot('monday', {
  bootId: 1,
  monitoring: true,
  noIntervention: false,
  rescueMail: 'me@example.org',
  rescueSshKey: theirKey,
});

const quiesced = { ...before.values, monitoring: false, noIntervention: true };

describe('originalSettings', () => {
  it('is what was read when ironstep was never there', () => {
    expect(originalSettings({ raw: before, ourPublicKey, stored: null })).toEqual({
      snapshot: before,
      ours: false,
      warnings: [],
    });
  });

  it('is the stored snapshot when our key is set', () => {
    const raw = snapshot('tuesday', { ...quiesced, bootId: 230242, rescueSshKey: ourPublicKey });
    const original = originalSettings({ raw, ourPublicKey, stored: before });
    expect(original.snapshot).toEqual(before);
    expect(original.warnings).toHaveLength(1);
    expect(original.warnings[0]).toContain('bootId, monitoring, noIntervention, rescueSshKey');
  });

  it('is the stored snapshot also when a run ended before it set our key', () => {
    const raw = snapshot('tuesday', quiesced);
    expect(originalSettings({ raw, ourPublicKey, stored: before }).snapshot).toEqual(before);
  });

  it('says nothing when the stored one is just what was read (a repeated activity)', () => {
    const raw = snapshot('later', before.values);
    expect(originalSettings({ raw, ourPublicKey, stored: before }).warnings).toEqual([]);
  });

  it.each([ourPublicKey, 'ssh-ed25519 AAAAours', '  ssh-ed25519   AAAAours  other comment\n'])(
    'never takes our own marks for the original, when nothing is stored (%s)',
    (rescueSshKey) => {
      const raw = snapshot('tuesday', { ...quiesced, bootId: 230242, rescueSshKey });
      const { snapshot: original, warnings } = originalSettings({
        raw,
        ourPublicKey,
        stored: null,
      });
      expect(original.values).toEqual({
        bootId: null,
        rescueMail: 'me@example.org',
        rescueSshKey: null,
      });
      expect(warnings).toHaveLength(1);
      expect(warnings[0]).toContain('monitoring (false)');
    },
  );

  it('a rescue key of somebody else is theirs, whatever its comment says', () => {
    const rescueSshKey = 'ssh-ed25519 AAAAtheirs ironstep-rescue@ns1';
    const raw = snapshot('tuesday', { ...before.values, rescueSshKey });
    const original = originalSettings({ raw, ourPublicKey, stored: null });
    expect(original).toEqual({ snapshot: raw, ours: false, warnings: [] });
  });
});
