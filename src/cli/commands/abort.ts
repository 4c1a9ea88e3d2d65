import type { Command } from 'commander';

import { say, sayJson, withRuns } from '../context.ts';
import type { Context } from '../context.ts';
import { addExamples } from '../examples.ts';
import { exitCode } from '../exit-code.ts';
import { followRun } from '../follow-run.ts';
import { followHint } from '../start-run.ts';

type Options = { reason?: string; detach?: boolean; json?: boolean };

/** `ironstep abort SERVER`: put the provider's settings back and stop; follows until it is done. */
export function addAbort(program: Command, context: Context): void {
  const abort = program
    .command('abort')
    .description("put the provider's settings back and stop the run")
    .argument('<server>', "the server's name")
    .option('--reason <text>', "why, for the run's history")
    .option('--detach', 'ask for it and return')
    .option('--json', 'one JSON document at the end, plain progress on stderr')
    .action(async (server: string, options: Options) => {
      await withRuns(context, async (runs) => {
        const run = await runs.find(server);
        const { reason } = options;
        const accepted = await runs.abort(run, {
          by: context.by,
          ...(reason === undefined ? {} : { reason }),
        });
        if (options.detach && options.json) return sayJson(context, { ...run, ...accepted });
        if (!options.json) say(context, [`${run.server}: ${accepted.message}`]);
        if (options.detach) return say(context, [followHint(context, run.server)]);
        const code = await followRun(context, runs, run, options);
        const { state } = await runs.status(run);
        context.exitCode = state === 'aborted' ? exitCode.ok : code;
      });
    });
  addExamples(abort, context, [
    ['ironstep abort core1 --reason "wrong server"', 'stop it, and say why in its history'],
  ]);
}
