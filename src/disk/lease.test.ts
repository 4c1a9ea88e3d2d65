import { describe, expect, it } from 'vitest';

import { renderLease } from './lease.ts';

describe('renderLease', () => {
  const lease = {
    id: 'install-1',
    phase: 'install',
    server: 'core1',
    serial: 'S2 1',
    wwn: '',
    sizeBytes: 1000,
    imageSha512: 'ab',
    fingerprint: 'empty',
    bootId: 'b',
  } as const;

  it('is key=value lines', () => {
    expect(renderLease(lease)).toBe(
      'id=install-1\nphase=install\nserver=core1\nserial=S2 1\nwwn=\nsize-bytes=1000\n' +
        'image-sha512=ab\nfingerprint=empty\nboot-id=b\n',
    );
  });

  it.each([
    { serial: 'X\nfingerprint=empty' },
    { id: '../x' },
    { fingerprint: '' },
    { serial: '', wwn: '' },
  ])('refuses %o', (difference) => {
    expect(() => renderLease({ ...lease, ...difference })).toThrow(/lease/);
  });
});
