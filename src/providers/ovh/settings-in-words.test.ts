import { generateKeyPairSync } from 'node:crypto';

import { describe, expect, it } from 'vitest';

import { rent, service } from '../../../test/fake-ovh.ts';
import { keyPairFromSeed } from '../../secrets/openssh-key.ts';
import type { SettingsSnapshot } from '../provider.ts';

const { privateKey } = generateKeyPairSync('ed25519');
const seed = privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(-32);
const { publicKey } = keyPairFromSeed(seed, 'ironstep-rescue@test');

describe('settings', () => {
  const quiesced = { monitoring: false, noIntervention: true, rescueMail: 'me@example.org' };
  const armed = { service, takenAt: 'tuesday', values: { ...quiesced, bootId: 230242 } };
  const withKey = (rescueSshKey: string) => ({
    ...armed,
    values: { ...armed.values, rescueSshKey },
  });

  it.each([
    publicKey,
    publicKey.split(' ').slice(0, 2).join(' '),
    `  ${publicKey.split(' ').slice(0, 2).join('   ')}  other comment\n`,
  ])('our own marks are known by our key, however OVH writes it (%#)', async (rescueSshKey) => {
    await using rented = await rent();
    const cleaned = rented.provider.withoutOurMarks(withKey(rescueSshKey), publicKey);
    // Both monitoring flags are left out: what they were is not known, so they stay as they are.
    expect(cleaned?.snapshot.values).toEqual({
      bootId: null,
      rescueMail: 'me@example.org',
      rescueSshKey: null,
    });
    expect(cleaned?.warning).toContain('monitoring (off) and interventions (off)');
  });

  it('a rescue key of somebody else is theirs, whatever its comment says', async () => {
    await using rented = await rent();
    const theirs = withKey('ssh-ed25519 AAAAtheirs ironstep-rescue@ns1');
    expect(rented.provider.withoutOurMarks(theirs, publicKey)).toBeNull();
  });

  it('are told in words, with what a run makes of them', async () => {
    await using rented = await rent();
    const told = async (snapshot: SettingsSnapshot) =>
      (await rented.provider.settingsInWords(snapshot, publicKey)).map(
        ({ label, value, meanwhile }) => [label, value, meanwhile],
      );
    expect(await told(await rented.provider.readSettings())).toEqual([
      ['boot target', 'disk', 'rescue'],
      ['monitoring', 'on', 'off'],
      ['interventions', 'on', 'off'],
      ['rescue key', 'none', "ironstep's"],
      ['rescue mail', 'me@example.org', null],
      ['EFI boot loader', 'none', null],
      ['boot script', 'none', null],
    ]);
    expect(await told(withKey(publicKey))).toEqual([
      ['boot target', 'rescue (rescue12-customer)', 'rescue'],
      ['monitoring', 'off', 'off'],
      ['interventions', 'off', 'off'],
      ['rescue key', "ironstep's", "ironstep's"],
      ['rescue mail', 'me@example.org', null],
    ]);
    expect(await told(withKey('ssh-ed25519 AAAAtheirs ada@desk'))).toContainEqual([
      ...['rescue key', 'ada@desk …AAtheirs', "ironstep's"],
    ]);
    const cleaned = rented.provider.withoutOurMarks(withKey(publicKey), publicKey);
    expect(await told(cleaned?.snapshot ?? armed)).toContainEqual([
      ...['boot target', 'disk', 'rescue'],
    ]);
    expect(rented.puts()).toEqual([]);
  });
});
