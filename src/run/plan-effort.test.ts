import { expect, test } from 'vitest';

import { effortAhead } from './plan-effort.ts';

const beginning = {
  apply: 'shrink',
  answering: { kind: 'stranger' },
  reached: 'nothing',
  repartitionBegun: false,
} as const;
const rescue = { kind: 'rescue' } as const;
const installed = { kind: 'installed' } as const;

test.each([
  ['shrink takes two rescues', {}, 'rescue disk rescue disk'],
  ['presize takes one', { apply: 'presize' }, 'rescue disk'],
  ['a rescue session that is up is used', { answering: rescue }, 'disk rescue disk'],
  ['another installation of ours is nothing to begin with', { answering: installed }, 4],
  ['a system that runs is only shrunk', { answering: installed, reached: 'image' }, 'rescue disk'],
  ['all is there', { answering: installed, reached: 'everything' }, ''],
  [
    'a shrink that was begun is finished before a boot',
    { answering: rescue, reached: 'image', repartitionBegun: true },
    'disk',
  ],
  [
    'an image that was never booted boots before it is shrunk',
    { answering: rescue, reached: 'image' },
    'disk rescue disk',
  ],
] as const)('%s', (_, changed, boots) => {
  const ahead = effortAhead({ ...beginning, ...changed }).boots;
  expect(typeof boots === 'number' ? ahead.length : ahead.join(' ')).toBe(boots);
});

test('the time is that of the boots and of the work that is left', () => {
  const { minutes } = effortAhead(beginning);
  expect(minutes.all).toBe(4 * minutes.perBoot + minutes.install + minutes.shrink);
  expect(effortAhead({ ...beginning, reached: 'image' }).minutes.install).toBe(0);
  const nothing = { ...beginning, answering: installed, reached: 'everything' } as const;
  expect(effortAhead(nothing).minutes.all).toBe(1);
});
