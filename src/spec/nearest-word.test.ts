import fc from 'fast-check';
import { expect, it } from 'vitest';

import { editDistance, nearestWord } from './nearest-word.ts';

const word = fc.string({ maxLength: 8 });

it('counts the edits that make one word of another', () => {
  expect(editDistance('kitten', 'sitting')).toBe(3);
  expect(editDistance('', 'abc')).toBe(3);
});

it('is a distance: zero only to itself, the same both ways, no short cut by a third word', () => {
  fc.assert(
    fc.property(word, word, word, (a, b, c) => {
      expect(editDistance(a, b) === 0).toBe(a === b);
      expect(editDistance(a, b)).toBe(editDistance(b, a));
      expect(editDistance(a, c)).toBeLessThanOrEqual(editDistance(a, b) + editDistance(b, c));
    }),
  );
});

it('finds the near word and leaves far ones alone', () => {
  expect(nearestWord('partions', ['root', 'apply', 'partitions'])).toBe('partitions');
  expect(nearestWord('colour', ['root', 'apply', 'partitions'])).toBeUndefined();
});
