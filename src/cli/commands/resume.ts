import type { Command } from 'commander';

import { say, withRuns } from '../context.ts';
import type { Context } from '../context.ts';
import { followHint } from './provision.ts';

/** `ironstep resume SERVER`: try again from where the run waits. */
export function addResume(program: Command, context: Context): void {
  program
    .command('resume')
    .description('let a run that waits for a person try again from where it is')
    .argument('<server>', "the server's name")
    .action(async (server: string) => {
      await withRuns(context, async (runs) => {
        const run = await runs.find(server);
        const accepted = await runs.resume(run, { by: context.by });
        say(context, [`${run.server}: ${accepted.message}`, followHint(context, run.server)]);
      });
    });
}
