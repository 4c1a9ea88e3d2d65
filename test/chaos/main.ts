import { parseArgs } from 'node:util';

import { fullPlan, samplePlan } from './plan.ts';
import { carryOut, ProgrammeBroken } from './programme.ts';
import type { RunResult } from './result.ts';
import { summaryOf, tableOf } from './tally.ts';

/*
 * `npm run test:chaos`: whole runs on QEMU machines, while everything that takes part in them is
 * killed. `--seed 7` repeats a choice of kinds, points and moments, `--only 3,5` the third and the
 * fifth run of it; `--sample` is the few minutes of `npm test`; `--json` ends with one line for
 * programs.
 */
const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Date.now() % 100_000) },
    lanes: { type: 'string', default: '2' },
    sample: { type: 'boolean', default: false },
    only: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});
/** Issue 5: at least so many in the full programme. */
const killsWanted = values.sample || values.only !== undefined ? 1 : 60;
const beganMs = performance.now();
const seed = Number(values.seed);

function say(text: string): void {
  (values.json ? process.stderr : process.stdout).write(`${text}\n`);
}

function sayResult(result: RunResult): void {
  const { apply, finished, seconds, strikes, askedForHelp } = result;
  const minutes = ((performance.now() - beganMs) / 60_000).toFixed(1);
  const kills = strikes.map(({ kind, point }) => `${kind} at ${point ?? 'the start'}`);
  say(`${minutes} min  ${apply} ${finished ? 'finished' : 'NOT FINISHED'} in ${seconds}s`);
  for (const kill of kills) say(`          ${kill}`);
  for (const words of askedForHelp) say(`          asked for help: ${words}`);
  if (!finished || askedForHelp.length > 0) for (const line of result.story) say(`    ${line}`);
}

try {
  say(`chaos: seed ${seed}`);
  const all = values.sample ? samplePlan(seed) : fullPlan(seed);
  const chosen = values.only?.split(',').map(Number);
  const runs = all.filter((_, index) => chosen?.includes(index + 1) ?? true);
  const lanes = Number(values.lanes);
  const programme = { runs, lanes, firstNet: 91, onResult: sayResult };
  const { results, baseline } = await carryOut(programme);
  const summary = summaryOf(results, baseline, killsWanted);
  say(`\n${tableOf(results, baseline, summary)}\n`);
  const reattached = results.flatMap(({ reattachedMs }) => reattachedMs);
  const slowest = (Math.max(0, ...reattached) / 1000).toFixed(1);
  say(`${summary.kills} kills at ${summary.pointsHit.length} points; after SIGKILL of a worker`);
  say(`during a job, its successor was at it within ${slowest}s (${reattached.length} times).`);
  if (values.json) process.stdout.write(`${JSON.stringify(summary)}\n`);
  process.exitCode = summary.ok ? 0 : 1;
} catch (error) {
  const known = error instanceof ProgrammeBroken;
  process.stderr.write(`${known ? error.message : String((error as Error).stack)}\n`);
  process.exitCode = 1;
}
