import type { Command } from 'commander';

import { say, sayJson, withRuns } from '../context.ts';
import type { RunReference } from '../../client.ts';
import type { Context, Runs } from '../context.ts';
import { addExamples } from '../examples.ts';
import { followHint } from '../start-run.ts';

/** `ironstep resume SERVER`: try again from where the run waits, or where a run that is over ended. */
export function addResume(program: Command, context: Context): void {
  const resume = program
    .command('resume')
    .description('let a run that waits for a person, or failed, go on from where it is')
    .argument('<server>', "the server's name")
    .option('--json', 'one JSON document')
    .action(async (server: string, options: { json?: boolean }) => {
      await withRuns(context, async (runs) => {
        const run = await runs.find(server);
        const message = await resumed(context, runs, run);
        if (options.json) sayJson(context, { ...run, message });
        else say(context, [`${run.server}: ${message}`, followHint(context, run.server)]);
      });
    });
  addExamples(resume, context, [
    ['ironstep resume core2', 'after you have mended what its status names'],
  ]);
}

/** A run that is over is not opened again: a new one goes on from what it finds on the server. */
async function resumed(context: Context, runs: Runs, run: RunReference): Promise<string> {
  try {
    return (await runs.resume(run, { by: context.by })).message;
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'RunOver') throw error;
    await runs.startAgain(run, { by: context.by });
    return 'a new run has started; it goes on from what it finds on the server';
  }
}
