import { expect, it } from 'vitest';

import type { HostJob } from './guest.ts';
import { HostJournal } from './host-journal.ts';

const job: HostJob = { bootId: 'a', key: 'write-1', attempt: '1', starts: 1, progress: null };
const boot = { cause: 'task 8', started: true, bannerAfterMs: 5, writtenBytes: 7 };

it('counts starts beyond the first within a boot, over all attempts', () => {
  const journal = new HostJournal();
  journal.note(job);
  journal.note(job);
  journal.note({ ...job, bootId: 'b' });
  journal.note({ ...job, key: 'stage-1' });
  expect(journal.startedTwice()).toBe(0);
  journal.note({ ...job, attempt: '2' });
  journal.note({ ...job, key: 'stage-1', starts: 2 });
  expect(journal.startedTwice()).toBe(2);
});

it('knows which boot of rescue wrote, and which lost its power', () => {
  let nowMs = 0;
  const journal = new HostJournal(() => nowMs);
  nowMs = 150;
  journal.note(job);
  nowMs = 190;
  journal.noteCut();
  nowMs = 250;
  journal.note({ ...job, bootId: 'b' });
  nowMs = 450;
  journal.note({ ...job, bootId: 'c', key: 'repartition-1' });
  const seen = journal.rescueBoots([
    { number: 1, target: 'rescue', atMs: 100, ...boot },
    { number: 2, target: 'rescue', atMs: 200, ...boot },
    { number: 3, target: 'disk', atMs: 300, ...boot },
    { number: 4, target: 'rescue', atMs: 400, ...boot },
    { number: 5, target: 'rescue', atMs: 500, ...boot },
  ]);
  expect(seen.map(({ number, wrote, cut }) => [number, wrote, cut])).toEqual([
    [1, 'install', true],
    [2, 'install', false],
    [4, 'repartition', false],
    [5, null, false],
  ]);
});
