import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { formatDeadline, formatSize, parseDurationMs, parseSizeBytes } from './units.ts';

const sizeUnits = { KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, TiB: 2 ** 40, GB: 1e9, TB: 1e12 };
const count = fc.integer({ min: 1, max: 8_000 });

describe('sizes', () => {
  it('are the number times the unit, however the unit is spelt', () => {
    const unit = fc.constantFrom(...Object.entries(sizeUnits));
    fc.assert(
      fc.property(count, unit, fc.boolean(), fc.boolean(), (n, [name, bytes], lower, space) => {
        const text = `${n}${space ? ' ' : ''}${lower ? name.toLowerCase() : name}`;
        expect(parseSizeBytes(text)).toBe(n * bytes);
      }),
    );
  });

  it('are read as whole bytes or refused, whatever is written', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[0-9.]{1,30} ?[KMGT]i?B$/)), (text) => {
        let bytes;
        try {
          bytes = parseSizeBytes(text);
        } catch (error) {
          expect((error as Error).message).toContain('write it like 100GiB');
          return;
        }
        expect(Number.isSafeInteger(bytes) && bytes > 0).toBe(true);
      }),
    );
  });

  it.each(['100', 'GiB', '-1GiB', '1e3GiB', '0GiB', '1 000GiB', '1GiBs', '9999999TiB'])(
    '%s is refused',
    (text) => {
      expect(() => parseSizeBytes(text)).toThrow('is not a size');
    },
  );

  it('are shown within 5 % of what they are, and read back', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1024, max: 2 ** 50 }), (bytes) => {
        const [value = '', unit = ''] = formatSize(bytes).split(' ');
        const shown = unit === 'PiB' ? Number(value) * 2 ** 50 : parseSizeBytes(`${value}${unit}`);
        expect(Math.abs(shown - bytes) / bytes).toBeLessThan(0.05);
      }),
    );
  });

  it.each([
    [100 * 2 ** 30, '100 GiB'],
    [2_000_398_934_016, '1.8 TiB'],
    [512, '512 B'],
  ])('%d bytes are shown as %s', (bytes, text) => {
    expect(formatSize(bytes)).toBe(text);
  });
});

describe('durations', () => {
  it('are the number times the unit', () => {
    const unit = fc.constantFrom(['s', 1e3] as const, ['m', 6e4] as const, ['h', 36e5] as const);
    fc.assert(
      fc.property(count, unit, (n, [name, ms]) => {
        expect(parseDurationMs(`${n}${name}`)).toBe(n * ms);
      }),
    );
  });

  it.each([
    [40 * 60_000, '40 minutes'],
    [60_000, '1 minute'],
    [90_000, '90 seconds'],
    [9_600, '10 seconds'],
  ])('a deadline of %d ms is called %s', (durationMs, text) => {
    expect(formatDeadline(durationMs)).toBe(text);
  });

  it.each(['40', '40 minutes', '1.5h', '0s', '-1m', 'm'])('%s is refused', (text) => {
    expect(() => parseDurationMs(text)).toThrow('is not a duration');
  });
});
