import { format, inspect } from 'node:util';

import { describe, expect, it } from 'vitest';

import { createRedactor } from './redact.ts';
import { Secret } from './secret.ts';

describe('Secret', () => {
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
});

describe('createRedactor', () => {
  it('replaces every secret, also one that holds another', () => {
    const redact = createRedactor([new Secret('canary'), new Secret('canary-and-more')]);
    expect(redact('a canary-and-more b canary canary')).toBe('a [secret] b [secret] [secret]');
  });

  it('finds a secret that was escaped for JSON or a URL', () => {
    const pem = 'BEGIN\nline one/\n"END"';
    const redact = createRedactor([new Secret(pem)]);
    const line = JSON.stringify({ key: pem, url: `https://x/?k=${encodeURIComponent(pem)}` });
    expect(redact(line)).toBe('{"key":"[secret]","url":"https://x/?k=[secret]"}');
  });

  it('leaves ordinary words alone, also when a secret is very short', () => {
    expect(createRedactor([new Secret(''), new Secret('a')])('a data')).toBe('a data');
  });
});
