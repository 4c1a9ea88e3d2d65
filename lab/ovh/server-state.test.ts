import { generateKeyPairSync } from 'node:crypto';

import { describe, expect, it } from 'vitest';

import { keyPairFromSeed } from '../../src/secrets/openssh-key.ts';
import { netbootsOf } from './netboots.ts';
import { alteredSettings, deliveredSettings } from './server-state.ts';

const netboots = netbootsOf(7);
const { privateKey } = generateKeyPairSync('ed25519');
const seed = privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(-32);
const { publicKey } = keyPairFromSeed(seed, 'me@test');

const put = (body: unknown) => alteredSettings(deliveredSettings, body, netboots);

describe('PUT /dedicated/server/{serviceName}', () => {
  it('changes what it names and nothing else', () => {
    expect(put({ monitoring: false })).toEqual({ ...deliveredSettings, monitoring: false });
    expect(put({})).toEqual(deliveredSettings);
    const before = { ...deliveredSettings, rescueMail: 'me@example.org', noIntervention: true };
    expect(alteredSettings(before, { bootId: 1 }, netboots)).toEqual(before);
  });

  it('takes null where a setting can be absent', () => {
    const before = { ...deliveredSettings, rescueSshKey: publicKey };
    expect(alteredSettings(before, { rescueSshKey: null }, netboots).rescueSshKey).toBeNull();
    expect(() => put({ monitoring: null })).toThrow('monitoring');
  });

  it.each([{ ip: '192.0.2.1' }, { powerState: 'poweroff' }, { nosuch: 1 }, [], 'x', null])(
    'refuses %j: not a writable field',
    (body) => {
      expect(() => put(body)).toThrow('Invalid parameter');
    },
  );

  it('refuses a netboot that is not offered', () => {
    expect(put({ bootId: 230_242 + 7 }).bootId).toBe(230_249);
    expect(() => put({ bootId: 230_242 })).toThrow('(bootId = 230242) does not exist');
  });

  it('takes a raw public key only', () => {
    expect(put({ rescueSshKey: publicKey }).rescueSshKey).toBe(publicKey);
    const bad = ['my-key', '', 'ssh-ed25519 AAAA', `${publicKey}\nssh-rsa`, publicKey.slice(12)];
    bad.push(publicKey.replace('ssh-ed25519', 'ssh-rsa'));
    for (const rescueSshKey of bad) {
      expect(() => put({ rescueSshKey })).toThrow('SSH key is not valid');
    }
  });
});

describe('netboots', () => {
  it('lists ipxe-shell before the rescue system, and only the disk keeps its id', () => {
    const rescue = netboots.filter(({ bootType }) => bootType === 'rescue');
    expect(rescue.map(({ kernel }) => kernel)).toEqual(['ipxe-shell', 'rescue12-customer']);
    expect(netboots.find(({ bootType }) => bootType === 'harddisk')?.bootId).toBe(1);
    expect(rescue.map(({ bootId }) => bootId)).toEqual([203_330, 230_249]);
  });
});
