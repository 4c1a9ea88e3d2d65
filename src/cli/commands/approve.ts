import type { Command } from 'commander';

import { say, withRuns } from '../context.ts';
import type { Context } from '../context.ts';
import { followHint } from './provision.ts';

/** `ironstep approve SERVER --wipe TOKEN`: a person's yes to what dies. */
export function addApprove(program: Command, context: Context): void {
  program
    .command('approve')
    .description('say which disk may be destroyed, when a run waits for that')
    .argument('<server>', "the server's name")
    .requiredOption('--wipe <serial:fingerprint>', 'as the waiting run shows it')
    .action(async (server: string, options: { wipe: string }) => {
      await withRuns(context, async (runs) => {
        const run = await runs.find(server);
        const accepted = await runs.approve(run, { wipe: options.wipe, by: context.by });
        say(context, [`${run.server}: ${accepted.message}`, followHint(context, run.server)]);
      });
    });
}
