import type { Command } from 'commander';

import { say, sayJson, viewOf, withRuns } from '../context.ts';
import type { Context } from '../context.ts';
import { addExamples } from '../examples.ts';
import { historyLines } from '../render/history.ts';

type Options = { steps?: boolean; json?: boolean };

/** `ironstep history SERVER`: what happened in all its runs, from Temporal's own records. */
export function addHistory(program: Command, context: Context): void {
  const history = program
    .command('history')
    .description('what happened to a server, when and by whom, over all its runs')
    .argument('<server>', "the server's name")
    .option('--steps', 'every step of each phase too')
    .option('--json', 'one JSON document, steps and all')
    .action(async (server: string, options: Options) => {
      await withRuns(context, async (runs) => {
        const run = await runs.find(server);
        const histories = await runs.history(run);
        if (options.json) return sayJson(context, { ...run, runs: histories });
        say(context, historyLines(histories, viewOf(context), { steps: options.steps ?? false }));
      });
    });
  addExamples(history, context, [
    ['ironstep history core1', 'oldest first; needs no worker'],
    ['ironstep history core1 --steps', 'down to each reset and each wait'],
  ]);
}
