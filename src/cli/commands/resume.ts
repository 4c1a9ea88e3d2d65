import type { Command } from 'commander';

import { say, sayJson, withRuns } from '../context.ts';
import type { Context } from '../context.ts';
import { addExamples } from '../examples.ts';
import { followHint } from './provision.ts';

/** `ironstep resume SERVER`: try again from where the run waits. */
export function addResume(program: Command, context: Context): void {
  const resume = program
    .command('resume')
    .description('let a run that waits for a person try again from where it is')
    .argument('<server>', "the server's name")
    .option('--json', 'one JSON document')
    .action(async (server: string, options: { json?: boolean }) => {
      await withRuns(context, async (runs) => {
        const run = await runs.find(server);
        const accepted = await runs.resume(run, { by: context.by });
        if (options.json) sayJson(context, { ...run, ...accepted });
        else say(context, [`${run.server}: ${accepted.message}`, followHint(context, run.server)]);
      });
    });
  addExamples(resume, context, [
    ['ironstep resume core2', 'after you have mended what its status names'],
  ]);
}
