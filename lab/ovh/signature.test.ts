import { describe, expect, it } from 'vitest';

import { clockWindowSeconds, expectedSignature, isTimely, sameSignature } from './signature.ts';

describe('expectedSignature', () => {
  // Expected values by coreutils: printf '%s' "$AS+$CK+$METHOD+$URL+$BODY+$TIME" | sha1sum, with
  // made-up keys, at the URL, time and body of go-ovh's own vectors.
  it.each([
    ['GET', '', '315ea6a013b461c99be51b2dceb48a3a862baf09'],
    ['POST', '{"a":"b","c":"d"}', '2c6b33e34ab63e67caceb153b551ff2d53c2d2cf'],
    ['PUT', '{"a":"b","c":"d"}', '498839ddd8b16a4b89d6aca981221b3b74b303d5'],
    ['DELETE', '', '2c3b931d988e4f6f6893c6231e74f1ea71383ff3'],
  ])('%s', (method, body, digest) => {
    const signature = expectedSignature(
      { applicationSecret: 'example-secret', consumerKey: 'example-consumer' },
      { method, body, url: 'https://eu.api.ovh.com/1.0/auth', timestamp: '1457018875' },
    );
    expect(signature).toBe(`$1$${digest}`);
    expect(sameSignature(signature, `$1$${digest}`)).toBe(true);
    expect(sameSignature(signature, `$1$${'0'.repeat(40)}`)).toBe(false);
    expect(sameSignature(signature, '')).toBe(false);
  });
});

describe('isTimely', () => {
  const nowMs = 1_457_018_875_000;
  it.each([
    [0, true],
    [clockWindowSeconds, true],
    [-clockWindowSeconds, true],
    [clockWindowSeconds + 1, false],
    [-clockWindowSeconds - 1, false],
  ])('%i s off: %s', (offSeconds, timely) => {
    expect(isTimely(String(nowMs / 1000 + offSeconds), nowMs)).toBe(timely);
  });

  it('is not timely without a time', () => {
    expect(isTimely('', nowMs)).toBe(false);
    expect(isTimely('soon', nowMs)).toBe(false);
  });
});
