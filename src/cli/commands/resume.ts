import { InvalidArgumentError } from 'commander';
import type { Command } from 'commander';

import { say, sayJson, withRuns } from '../context.ts';
import type { RunReference } from '../../client.ts';
import type { Context, Runs } from '../context.ts';
import { addExamples } from '../examples.ts';
import { parseLadder, rungs, rungsMax } from '../../spec/rungs.ts';
import type { Rung } from '../../spec/rungs.ts';
import { followHint } from '../start-run.ts';

type Options = { ladder?: Rung[]; json?: boolean };

/** `ironstep resume SERVER`: try again from where the run waits, or where a run that is over ended. */
export function addResume(program: Command, context: Context): void {
  const resume = program
    .command('resume')
    .description('let a run that waits for a person, or failed, go on from where it is')
    .argument('<server>', "the server's name")
    .option(
      '--ladder <rungs>',
      `for a rescue that did not come up, only these: ${rungs.join(', ')}`,
      ladderOf,
    )
    .option('--json', 'one JSON document')
    .action(async (server: string, options: Options) => {
      await withRuns(context, async (runs) => {
        const run = await runs.find(server);
        const message = await resumed(context, runs, run, options.ladder);
        if (options.json) sayJson(context, { ...run, message });
        else say(context, [`${run.server}: ${message}`, followHint(context, run.server)]);
      });
    });
  addExamples(resume, context, [
    ['ironstep resume core2', 'after you have mended what its status names'],
    ['ironstep resume core2 --ladder hard-reset,re-arm', 'rescue again, with these rungs only'],
  ]);
}

/** A run that is over is not opened again: a new one goes on from what it finds on the server. */
async function resumed(
  context: Context,
  runs: Runs,
  run: RunReference,
  ladder: Rung[] | undefined,
): Promise<string> {
  const { by } = context;
  try {
    return (await runs.resume(run, ladder === undefined ? { by } : { by, ladder })).message;
  } catch (error) {
    const over = error instanceof Error && error.name === 'RunOver';
    if (!over || ladder !== undefined) throw error;
    await runs.startAgain(run, { by });
    return 'a new run has started; it goes on from what it finds on the server';
  }
}

function ladderOf(text: string): Rung[] {
  const ladder = parseLadder(text);
  if (ladder !== null) return ladder;
  throw new InvalidArgumentError(`Write 1 to ${rungsMax} of ${rungs.join(', ')}, with commas.`);
}
