import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { format, inspect } from 'node:util';

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { deriveKeyPair } from './derive-key.ts';
import { KnownSecrets, redact } from './known-secrets.ts';
import { Secret } from './secret.ts';

function knowing(...values: (string | Buffer)[]): KnownSecrets {
  const known = new KnownSecrets();
  for (const value of values) known.remember(value);
  return known;
}

describe('a Secret', () => {
  it('shows itself only to reveal', () => {
    const secret = new Secret('the-canary');
    const shown = [
      String(secret),
      JSON.stringify({ secret }),
      inspect({ secret }, { showHidden: true, depth: 9 }),
      format('%s %o %j', secret, secret, secret),
      Object.values(secret).join(),
    ];
    for (const text of shown) expect(text).not.toContain('the-canary');
    expect(secret.reveal()).toBe('the-canary');
  });

  it('is known to redact from its first moment, with the keys that derive from it', () => {
    const master = new Secret(randomBytes(32).toString('base64'));
    const { privateKey } = deriveKeyPair({ master, server: 'ovh/ns1', purpose: 'login' });
    const body = privateKey.split('\n').at(-3) ?? '';
    expect(body.length).toBeGreaterThan(20);
    expect(redact(`${master.reveal()} ${body}`)).toBe('[secret] [secret]');
  });
});

describe('redact', () => {
  it('replaces every secret, also one that holds another', () => {
    const known = knowing('canary', 'canary-and-more');
    expect(known.redact('a canary-and-more b canary canary')).toBe(
      'a [secret] b [secret] [secret]',
    );
  });

  it('finds a secret that was escaped for JSON or a URL, or written as bytes', () => {
    const value = 'BEGIN\nline one/\n"END"';
    const bytes = Buffer.from(value);
    const line = JSON.stringify({
      key: value,
      url: `https://x/?k=${encodeURIComponent(value)}`,
      forms: [bytes, bytes.toString('hex'), bytes.toString('base64'), new Uint8Array(bytes)],
    });
    const redacted = knowing(value).redact(line);
    expect(JSON.parse(redacted)).toMatchObject({ key: '[secret]', url: 'https://x/?k=[secret]' });
    for (const form of [bytes.toString('hex'), bytes.toString('base64'), bytes.join(',')]) {
      expect(line).toContain(form);
      expect(redacted).not.toContain(form);
    }
  });

  it('leaves ordinary words alone, also when a secret is very short', () => {
    expect(knowing('', 'a').redact('a data')).toBe('a data');
  });

  it("takes out anybody's private key, whole or cut off, and leaves a public one", () => {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519', {
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
      publicKeyEncoding: { type: 'spki', format: 'pem' },
    });
    const body = privateKey.split('\n')[1] ?? '';
    const whole = `before ${privateKey} after ${publicKey}`;
    const cutOff = { tail: privateKey.slice(0, -30), nested: JSON.stringify({ privateKey }) };
    for (const text of [whole, JSON.stringify({ whole, ...cutOff }), privateKey.slice(0, 60)]) {
      expect(redact(text)).not.toContain(body.slice(0, 10));
    }
    expect(redact(whole)).toBe(`before [secret]\n after ${publicKey}`);
    expect(JSON.parse(redact(JSON.stringify(cutOff)))).toMatchObject({ tail: '[secret]' });
  });

  it('leaves valid JSON valid where a secret begins like the second half of an escape', () => {
    const line = knowing('nABCDE').redact(JSON.stringify({ text: 'x\nABCDE' }));
    expect(JSON.parse(line)).toEqual({ text: 'x[secret]' });
  });

  it('lets no secret through whatever stands around it, and JSON stays JSON', () => {
    const anything = fc.string({ unit: 'binary' });
    const value = fc.string({ minLength: 6 });
    fc.assert(
      fc.property(value, anything, anything, fc.jsonValue(), (secret, before, after, other) => {
        const logged = { other, deep: [{ message: before + secret + after }, Buffer.from(secret)] };
        const line = knowing(secret).redact(JSON.stringify(logged));
        expect(JSON.parse(line)).toBeDefined();
        expect(line).not.toContain(JSON.stringify(secret).slice(1, -1));
        expect(line).not.toContain(Buffer.from(secret).join(','));
      }),
      { numRuns: 2_000 },
    );
  });
});
