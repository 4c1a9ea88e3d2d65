import type { Command } from 'commander';

import { say, sayJson, withRuns } from '../context.ts';
import type { Context } from '../context.ts';
import { addExamples } from '../examples.ts';
import { followHint } from '../start-run.ts';

/** `ironstep skip SERVER`: do not wait longer for the rescue boot that is under way. */
export function addSkip(program: Command, context: Context): void {
  const skip = program
    .command('skip')
    .description(
      'stop waiting for the rescue boot under way, and climb the next rung of the ladder',
    )
    .argument('<server>', "the server's name")
    .option('--json', 'one JSON document')
    .action(async (server: string, options: { json?: boolean }) => {
      await withRuns(context, async (runs) => {
        const run = await runs.find(server);
        const accepted = await runs.skip(run, { by: context.by });
        if (options.json) sayJson(context, { ...run, ...accepted });
        else say(context, [`${run.server}: ${accepted.message}`, followHint(context, run.server)]);
      });
    });
  addExamples(skip, context, [
    ['ironstep skip core2', 'when you know already that this boot will not come up'],
  ]);
}
