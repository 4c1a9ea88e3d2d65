import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import ssh2 from 'ssh2';
import { describe, expect, it } from 'vitest';

import { deriveKeyPair, deriveMacKey } from './derive-key.ts';
import type { KeyPair } from './derive-key.ts';
import { signReceipt, verifyReceipt } from './receipt-mac.ts';
import { Secret } from './secret.ts';

const master = new Secret(randomBytes(32).toString('base64'));
const server = 'ovh/ns3012345.ip-5-39-80.eu';
const sshKeygen = '/usr/bin/ssh-keygen';

function withKeyFile<T>(pair: KeyPair, use: (file: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'ironstep-key-'));
  try {
    const file = join(folder, 'key');
    writeFileSync(file, pair.privateKey, { mode: 0o600 });
    writeFileSync(`${file}.pub`, `${pair.publicKey}\n`);
    return use(file);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('deriveKeyPair', () => {
  it('gives every worker with the same master the same keys', () => {
    const again = new Secret(master.reveal());
    const pair = deriveKeyPair({ master, server, purpose: 'login' });
    expect(deriveKeyPair({ master: again, server, purpose: 'login' })).toEqual(pair);
    expect(pair.publicKey).toMatch(/^ssh-ed25519 \S+ ironstep-login@ns3012345\.ip-5-39-80\.eu$/);
  });

  it('gives another key for another master, server or purpose', () => {
    const other = new Secret(randomBytes(32).toString('base64'));
    const pairs = [
      deriveKeyPair({ master, server, purpose: 'login' }),
      deriveKeyPair({ master, server, purpose: 'rescue' }),
      deriveKeyPair({ master, server, purpose: 'host' }),
      deriveKeyPair({ master, server: 'ovh/ns2', purpose: 'login' }),
      deriveKeyPair({ master: other, server, purpose: 'login' }),
    ];
    expect(new Set(pairs.map((pair) => pair.fingerprint)).size).toBe(pairs.length);
    expect(new Set(pairs.map((pair) => pair.privateKey)).size).toBe(pairs.length);
  });

  // Comments of different lengths, so that every length of padding is read.
  it.each(['a', 'ab', 'abc', 'abcd', 'abcde', 'abcdef', 'abcdefg', 'abcdefgh'])(
    'is a key to ssh2 (service %s)',
    (service) => {
      const pair = deriveKeyPair({ master, server: `ovh/${service}`, purpose: 'rescue' });
      const parsed = ssh2.utils.parseKey(pair.privateKey);
      if (parsed instanceof Error) throw parsed;
      const [, blob] = pair.publicKey.split(' ');
      expect(parsed.type).toBe('ssh-ed25519');
      expect(parsed.isPrivateKey()).toBe(true);
      expect(parsed.getPublicSSH().toString('base64')).toBe(blob);
      expect(parsed.comment).toBe(`ironstep-rescue@${service}`);
      const signature = parsed.sign('text');
      const publicKey = ssh2.utils.parseKey(pair.publicKey);
      if (publicKey instanceof Error) throw publicKey;
      expect(publicKey.verify('text', signature)).toBe(true);
    },
  );

  it.skipIf(!existsSync(sshKeygen))('is a key to OpenSSH (needs ssh-keygen)', () => {
    for (const purpose of ['login', 'rescue', 'host'] as const) {
      const pair = deriveKeyPair({ master, server, purpose });
      withKeyFile(pair, (file) => {
        const run = (...args: string[]) => execFileSync(sshKeygen, args, { encoding: 'utf8' });
        expect(run('-y', '-f', file).trim()).toBe(pair.publicKey);
        expect(run('-l', '-f', `${file}.pub`)).toContain(` ${pair.fingerprint} `);
      });
    }
  });
});

describe('receipts', () => {
  const key = deriveMacKey(master, 'receipt');

  it('knows its own receipt again, and no other', () => {
    const signed = signReceipt(key, 'server: ns1\ndisk: S1\n');
    expect(signed).toMatch(/^server: ns1\ndisk: S1\nhmac-sha256: [0-9a-f]{64}\n$/);
    expect(verifyReceipt(key, signed)).toBe(true);
    const changes = [
      signed.replace('S1', 'S2'),
      signed.replace('disk', 'disk '),
      `${signed}more\n`,
      signed.trimEnd(),
      signed.replace(/: [0-9a-f]{64}/, `: ${'0'.repeat(64)}`),
      signed.replace(/hmac.*\n/, ''),
      '',
    ];
    for (const changed of changes) expect(verifyReceipt(key, changed)).toBe(false);
  });

  it('does not take the receipt of another master secret', () => {
    const other = deriveMacKey(new Secret(randomBytes(32).toString('base64')), 'receipt');
    expect(verifyReceipt(other, signReceipt(key, 'text'))).toBe(false);
  });
});
