import type { Command } from 'commander';

import { say, withRuns } from '../context.ts';
import type { Context } from '../context.ts';
import { exitCode } from '../exit-code.ts';
import { followRun } from '../follow-run.ts';
import { followHint } from './provision.ts';

type Options = { reason?: string; detach?: boolean };

/** `ironstep abort SERVER`: put the provider's settings back and stop; follows until it is done. */
export function addAbort(program: Command, context: Context): void {
  program
    .command('abort')
    .description("put the provider's settings back and stop the run")
    .argument('<server>', "the server's name")
    .option('--reason <text>', "why, for the run's history")
    .option('--detach', 'ask for it and return')
    .action(async (server: string, options: Options) => {
      await withRuns(context, async (runs) => {
        const run = await runs.find(server);
        const { reason } = options;
        const accepted = await runs.abort(run, {
          by: context.by,
          ...(reason === undefined ? {} : { reason }),
        });
        say(context, [`${run.server}: ${accepted.message}`]);
        if (options.detach) {
          say(context, [followHint(context, run.server)]);
          return;
        }
        const code = await followRun(context, runs, run);
        const { state } = await runs.status(run);
        context.exitCode = state === 'aborted' ? exitCode.ok : code;
      });
    });
}
