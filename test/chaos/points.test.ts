import { expect, it } from 'vitest';

import { points, Progression } from './points.ts';
import type { Point, Sign } from './points.ts';

const at = (label: string, done = 0, total = 0): Sign => ({ kind: 'job', label, done, total });
const call = (when: 'asked' | 'answered', method: string, path: string, body = {}): Sign => ({
  kind: 'call',
  call: { when, method, path: `/dedicated/server/ns1.eu${path}`, body },
});
const activity = (name: string): Sign => ({ kind: 'activity', name });

/** What is seen of a shrink run, in its order. */
const signs: Sign[] = [
  activity('preflight'),
  call('asked', 'PUT', '', { rescueSshKey: 'ssh-ed25519 AAAA' }),
  call('answered', 'GET', '/task?function=hardReboot'),
  call('answered', 'POST', '/reboot'),
  activity('waitForRescue'),
  activity('inspect'),
  at('downloading the image'),
  at('wiping the old partition tables'),
  at('writing the image', 60, 100),
  at('making ext4 data'), // the install of a presize run
  at('writing the config'),
  call('asked', 'PUT', '', { bootId: 1 }),
  activity('rebootFromInside'),
  activity('waitForInstalled'),
  activity('proveFirstBoot'),
  at('checking ROOT'),
  at('shrinking ROOT', 5, 100),
  at('making ext4 data'),
  at('comparing the files on ROOT'),
  activity('verify'),
  call('asked', 'PUT', '', { monitoring: true }),
];

it('every named point is met once, in its order', () => {
  const progression = new Progression();
  const met: (Point | null)[] = [];
  for (const sign of signs) if (progression.hear(sign)) met.push(progression.current);
  expect(met).toEqual([...points]);
});

it('a server that goes back does not make the run meet a point again', () => {
  const progression = new Progression();
  for (const sign of signs) progression.hear(sign);
  expect(progression.hear(activity('waitForRescue'))).toBe(false);
  expect(progression.current).toBe('rescue-booting');
  expect(progression.hasReached('handover')).toBe(true);
});
