import { kinds } from './blows.ts';
import type { Kind } from './blows.ts';
import { points } from './points.ts';
import type { RescueBoot, RunResult } from './result.ts';

/** What must stay 0, and what is counted beside it. */
export type Counts = {
  kills: number;
  runs: number;
  runsFinished: number;
  jobsStartedTwice: number;
  resetsTwice: number;
  bytesWrittenTwice: number;
  rewrittenAfterPowerCut: number;
  settingsNotRestored: number;
  askedForHelp: number;
};

/** The last line of `npm run test:chaos -- --json`. */
export type Summary = Omit<Counts, 'resetsTwice' | 'askedForHelp'> & {
  ok: boolean;
  pointsHit: string[];
  byKind: Record<Kind, Counts>;
};

/** A piece of work of one boot of rescue that writes: how the layout is made decides how much. */
const works = ['presize install', 'shrink install', 'shrink repartition'] as const;
type Work = (typeof works)[number];

/** Bytes that each work writes in an undisturbed run; 0 for what was not run. */
export type Baseline = Record<Work, number>;

/**
 * The rescue system writes nothing by itself, and a job writes the same each time: three
 * undisturbed installs differed by 0 bytes (measured). This is below the smallest thing that a job
 * could do again (1 MiB, the wipe of one end), and above what a filesystem's journal may vary by.
 */
const toleranceBytes = 512 * 1024;

export function baselineOf(undisturbed: RunResult[]): Baseline {
  const written = undisturbed.flatMap(({ apply, rescueBoots }) =>
    rescueBoots.map(({ wrote, writtenBytes }) => ({ work: `${apply} ${wrote}`, writtenBytes })),
  );
  const most = (work: Work) =>
    Math.max(0, ...written.filter((each) => each.work === work).map((each) => each.writtenBytes));
  return Object.fromEntries(works.map((work) => [work, most(work)])) as Baseline;
}

/** What the boots of one run wrote beyond their work once. */
function writtenTwice({ apply, rescueBoots }: RunResult, baseline: Baseline): number {
  return rescueBoots.reduce((sum, { wrote, writtenBytes }) => {
    const work = works.find((each) => each === `${apply} ${wrote}`);
    const beyond = work === undefined ? writtenBytes : writtenBytes - baseline[work];
    return sum + (beyond > toleranceBytes ? beyond : 0);
  }, 0);
}

/** What boots that lost their power had written of a work that a later boot did again. */
function lostIn(boots: RescueBoot[]): number {
  return boots
    .filter(({ cut, wrote, number }) => {
      return cut && boots.some((later) => later.number > number && later.wrote === wrote);
    })
    .reduce((sum, { writtenBytes }) => sum + writtenBytes, 0);
}

function countsOf(results: RunResult[], kills: number, baseline: Baseline): Counts {
  const sum = (of: (result: RunResult) => number) =>
    results.reduce((total, result) => total + of(result), 0);
  return {
    kills,
    runs: results.length,
    runsFinished: results.filter(({ finished }) => finished).length,
    jobsStartedTwice: sum((result) => result.jobsStartedTwice),
    resetsTwice: sum((result) => result.resetsTwice),
    bytesWrittenTwice: sum((result) => writtenTwice(result, baseline)),
    rewrittenAfterPowerCut: sum(({ rescueBoots }) => lostIn(rescueBoots)),
    settingsNotRestored: sum(({ settingsNotRestored }) => settingsNotRestored.length),
    askedForHelp: sum(({ askedForHelp }) => askedForHelp.length),
  };
}

/** Over all disturbed runs, and by kind: a run counts for each kind that struck it. */
export function summaryOf(results: RunResult[], baseline: Baseline, killsWanted: number): Summary {
  const strikes = results.flatMap((result) => result.strikes);
  const byKind = kinds.map((kind) => {
    const struck = results.filter((result) => result.strikes.some((each) => each.kind === kind));
    const kills = strikes.filter((strike) => strike.kind === kind).length;
    return [kind, countsOf(struck, kills, baseline)];
  });
  const all = countsOf(results, strikes.length, baseline);
  const { resetsTwice, askedForHelp, ...told } = all;
  const bad =
    all.jobsStartedTwice +
    resetsTwice +
    all.bytesWrittenTwice +
    all.settingsNotRestored +
    askedForHelp;
  return {
    ok: all.kills >= killsWanted && all.runsFinished === all.runs && bad === 0,
    ...told,
    pointsHit: points.filter((point) => strikes.some((strike) => strike.point === point)),
    byKind: Object.fromEntries(byKind) as Record<Kind, Counts>,
  };
}

const columns: [string, (counts: Counts) => string][] = [
  ['kills', ({ kills }) => String(kills)],
  ['runs', ({ runs }) => String(runs)],
  ['finished', ({ runsFinished }) => String(runsFinished)],
  ['asked for help', ({ askedForHelp }) => String(askedForHelp)],
  ['jobs twice', ({ jobsStartedTwice }) => String(jobsStartedTwice)],
  ['resets twice', ({ resetsTwice }) => String(resetsTwice)],
  ['bytes twice', ({ bytesWrittenTwice }) => megabytes(bytesWrittenTwice)],
  ['after power cut', ({ rewrittenAfterPowerCut }) => megabytes(rewrittenAfterPowerCut)],
  ['settings', ({ settingsNotRestored }) => String(settingsNotRestored)],
];

/** The table that a person reads. */
export function tableOf(results: RunResult[], baseline: Baseline, { byKind }: Summary): string {
  const all = countsOf(results, results.flatMap(({ strikes }) => strikes).length, baseline);
  const rows: [string, Counts][] = [
    ...kinds.map((kind) => [kind, byKind[kind]] as [string, Counts]),
  ];
  rows.push(['all', all]);
  const cells = [
    ['killed', ...columns.map(([head]) => head)],
    ...rows.map(([name, counts]) => [name, ...columns.map(([, cell]) => cell(counts))]),
  ];
  const widths = cells[0]?.map((_, at) => Math.max(...cells.map((row) => row[at]?.length ?? 0)));
  return cells
    .map((row) =>
      row
        .map((cell, at) => cell.padEnd(widths?.[at] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function megabytes(bytes: number): string {
  return bytes === 0 ? '0' : `${(bytes / 1e6).toFixed(1)} MB`;
}
