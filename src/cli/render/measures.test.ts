import { expect, test } from 'vitest';

import { formatAge, formatDfSize, formatMakersSize } from './measures.ts';

test.each([
  // What `numfmt --to=iec --round=up` of coreutils says, which rounds as its `df -h` does.
  [103_900_000_000, '97G'],
  [99_500_000_000, '93G'],
  [1_154_487_209_164, '1.1T'],
  [10_683_731_148, '10G'],
  [10_737_418_241, '11G'],
  [1_073_217_536, '1.0G'],
  [512, '512'],
  [0, '0'],
])('%d bytes are %s in df -h', (bytes, text) => {
  expect(formatDfSize(bytes)).toBe(text);
});

test.each([
  [2_000_398_934_016, '2.0 TB'],
  [999_999_999, '1.0 GB'],
  [40_000_000_000, '40.0 GB'],
  [480_103_981_056, '480 GB'],
])('a disk of %d bytes is sold as %s', (bytes, text) => {
  expect(formatMakersSize(bytes)).toBe(text);
});

test.each([
  [-5_000, '0s'],
  [59_999, '59s'],
  [119_000, '1m'],
  [72 * 60_000, '1h 12m'],
  [75 * 3_600_000, '3d'],
])('%d ms ago is %s', (ageMs, text) => {
  expect(formatAge(ageMs)).toBe(text);
});
