import type { Command } from 'commander';

import { say, sayJson, withRuns } from '../context.ts';
import type { Context } from '../context.ts';
import { addExamples } from '../examples.ts';
import { followHint } from '../start-run.ts';

type Options = { wipe: string; json?: boolean };

/** `ironstep approve SERVER --wipe TOKEN`: a person's yes to what dies. */
export function addApprove(program: Command, context: Context): void {
  const approve = program
    .command('approve')
    .description('say which disk may be destroyed, when a run waits for that')
    .argument('<server>', "the server's name")
    .requiredOption('--wipe <serial:fingerprint>', 'as the waiting run shows it')
    .option('--json', 'one JSON document')
    .action(async (server: string, options: Options) => {
      await withRuns(context, async (runs) => {
        const run = await runs.find(server);
        const accepted = await runs.approve(run, { wipe: options.wipe, by: context.by });
        if (options.json) sayJson(context, { ...run, ...accepted });
        else say(context, [`${run.server}: ${accepted.message}`, followHint(context, run.server)]);
      });
    });
  addExamples(approve, context, [
    ['ironstep approve core2 --wipe Z1D5KS2B:7c1e90', 'exactly this disk with this table may die'],
  ]);
}
