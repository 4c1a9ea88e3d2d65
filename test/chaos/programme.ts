import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

import type { LaneMessage } from './lane-process.ts';
import { undisturbed } from './plan.ts';
import type { PlannedRun } from './plan.ts';
import type { RunResult } from './result.ts';
import { baselineOf } from './tally.ts';
import type { Baseline } from './tally.ts';

const script = fileURLToPath(new URL('lane-process.ts', import.meta.url));

/** A lane broke, or an undisturbed run did not finish: nothing can be said about the others. */
export class ProgrammeBroken extends Error {
  override name = 'ProgrammeBroken';
}

export type Programme = {
  runs: PlannedRun[];
  /** Machines at once, each with all that belongs to it: about 1.5 GB of memory. */
  lanes: number;
  /** The first lane's addresses are 127.0.N.x, the next one's 127.0.(N+1).x. */
  firstNet: number;
  /** Hears of each run that is over. */
  onResult: (result: RunResult) => void;
};

/** Runs everything, undisturbed runs first, and returns what was seen. Throws ProgrammeBroken. */
export async function carryOut(
  programme: Programme,
): Promise<{ results: RunResult[]; baseline: Baseline }> {
  const ways = new Set(programme.runs.map(({ apply }) => apply));
  const queue = [...[...ways].map((apply) => undisturbed(apply)), ...programme.runs];
  const results: RunResult[] = [];
  const children: ChildProcess[] = [];
  const works: Promise<void>[] = [];
  try {
    for (let lane = 0; lane < programme.lanes; lane += 1) {
      const net = `127.0.${programme.firstNet + lane}`;
      const child = fork(script, [net], { execArgv: ['--import', 'tsx'] });
      children.push(child);
      // One after the other: two that start at once choose the same free ports.
      await nextMessage(child);
      const own = work(child, queue, (result) => {
        results.push(result);
        programme.onResult(result);
      });
      // Heard of below, when every lane is open.
      own.catch(() => undefined);
      works.push(own);
    }
    await Promise.all(works);
  } finally {
    await Promise.all(children.map(end));
  }
  const calm = results.filter(({ planned }) => planned === 0);
  const failed = calm.find(({ finished }) => !finished);
  if (failed) throw new ProgrammeBroken(`an undisturbed run ended so: ${failed.story.join('\n')}`);
  return {
    results: results.filter((result) => !calm.includes(result)),
    baseline: baselineOf(calm),
  };
}

/** Gives one lane runs from the queue until it is empty. */
async function work(
  child: ChildProcess,
  queue: PlannedRun[],
  onResult: (result: RunResult) => void,
): Promise<void> {
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    child.send(next);
    const message = await nextMessage(child);
    if (message.kind === 'result') onResult(message.result);
  }
}

async function nextMessage(child: ChildProcess): Promise<LaneMessage> {
  const gone = new AbortController();
  const over = () => gone.abort(new ProgrammeBroken('a lane ended before its runs'));
  child.once('exit', over);
  try {
    const [message] = (await once(child, 'message', { signal: gone.signal })) as [LaneMessage];
    if (message.kind === 'broken') throw new ProgrammeBroken(message.message);
    return message;
  } finally {
    child.off('exit', over);
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const over = once(child, 'exit');
  if (child.connected) child.disconnect();
  await over;
}
