import type { Command } from 'commander';

import { withRuns } from '../context.ts';
import type { Context } from '../context.ts';
import { addExamples } from '../examples.ts';
import { followRun } from '../follow-run.ts';

/** `ironstep watch SERVER`: follow a run that is under way. */
export function addWatch(program: Command, context: Context): void {
  const watch = program
    .command('watch')
    .description('follow the run of a server to its end')
    .argument('<server>', "the server's name")
    .option('--json', 'one JSON document at the end, plain progress on stderr')
    .action(async (server: string, options: { json?: boolean }) => {
      await withRuns(context, async (runs) => {
        const run = await runs.find(server);
        context.exitCode = await followRun(context, runs, run, options);
      });
    });
  addExamples(watch, context, [
    ['ironstep watch core1', 'the live timeline; Ctrl-C leaves the run going'],
    ['ironstep watch core1 --json', 'wait for the end, then one document'],
  ]);
}
