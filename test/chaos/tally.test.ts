import { describe, expect, it } from 'vitest';

import type { RescueBoot, RunResult } from './result.ts';
import { baselineOf, summaryOf, tableOf } from './tally.ts';

const installBytes = 750_096_896;
const boot: RescueBoot = { number: 2, writtenBytes: installBytes, wrote: 'install', cut: false };
const calm: RunResult = {
  ...{ apply: 'presize', finished: true, askedForHelp: [], planned: 0, strikes: [], seconds: 60 },
  ...{ rescueBoots: [boot], jobsStartedTwice: 0, resetsTwice: 0, settingsNotRestored: [] },
  ...{ reattachedMs: [], story: [] },
};
const struck: RunResult = {
  ...calm,
  planned: 2,
  strikes: [
    { kind: 'worker-sigkill', point: 'write-middle', atMs: 20_000 },
    { kind: 'power-cut', point: 'disk-booting', atMs: 50_000 },
  ],
};
const baseline = baselineOf([calm]);

function summaryOfOne(change: Partial<RunResult>) {
  return summaryOf([{ ...struck, ...change }], baseline, 2);
}

it('a run that was struck, finished and did nothing twice is fine', () => {
  expect(summaryOfOne({})).toMatchObject({
    ...{ ok: true, kills: 2, runs: 1, runsFinished: 1, bytesWrittenTwice: 0 },
    pointsHit: ['write-middle', 'disk-booting'],
    byKind: { 'power-cut': { kills: 1, runs: 1 }, 'ssh-cut': { kills: 0, runs: 0 } },
  });
});

describe('is not fine', () => {
  it.each<[string, Partial<RunResult>]>([
    ['a run that did not finish', { finished: false }],
    ['a pause for a person', { askedForHelp: ['boot failed'] }],
    ['a job started twice', { jobsStartedTwice: 1 }],
    ['a reset sent twice', { resetsTwice: 1 }],
    ['a setting that is not back', { settingsNotRestored: ['monitoring'] }],
    ['fewer kills than wanted', { strikes: struck.strikes.slice(1) }],
    [
      'a chunk written twice in one boot',
      { rescueBoots: [{ ...boot, writtenBytes: installBytes + 2 ** 27 }] },
    ],
    ['writing by nobody knows whom', { rescueBoots: [boot, { ...boot, wrote: null }] }],
  ])('%s', (_, change) => {
    expect(summaryOfOne(change).ok).toBe(false);
  });
});

it('what a power cut forces to be written again is a column of its own', () => {
  const cut = { ...boot, number: 1, writtenBytes: 300_000_000, cut: true };
  const summary = summaryOfOne({ rescueBoots: [cut, boot] });
  expect(summary).toMatchObject({
    ...{ ok: true, bytesWrittenTwice: 0, rewrittenAfterPowerCut: 300_000_000 },
  });
  expect(tableOf([struck], baseline, summary)).toMatch(/^power-cut +1 .*300\.0 MB/m);
});

it('the last power cut of all that writes forces nothing', () => {
  expect(summaryOfOne({ rescueBoots: [{ ...boot, cut: true }] }).rewrittenAfterPowerCut).toBe(0);
});
