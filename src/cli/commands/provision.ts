import type { Command } from 'commander';

import { say, sayJson, withRuns } from '../context.ts';
import type { Context } from '../context.ts';
import { addExamples } from '../examples.ts';
import { exitCode } from '../exit-code.ts';
import { followRun } from '../follow-run.ts';

type Options = { wipe?: string; wait: boolean; detach?: boolean; json?: boolean };

/** `ironstep provision SPEC`: starts the run of a server, then follows it. */
export function addProvision(program: Command, context: Context): void {
  const provision = program
    .command('provision')
    .description('install the server of a spec, then follow the run')
    .argument('<spec>', 'YAML file of the server')
    .option(
      '--wipe <serial[:fingerprint]>',
      'the disk that may be destroyed: a serial alone covers an empty disk only',
    )
    .option('--no-wait', 'refuse, put everything back and stop instead of waiting for a person')
    .option('--detach', 'start the run and return')
    .option('--json', 'one JSON document at the end, plain progress on stderr')
    .action(async (path: string, options: Options) => {
      const { loadSpec } = await import('../load-spec.ts');
      const { spec, warnings } = await loadSpec(path);
      for (const warning of warnings) context.terminal.err(`${path}: warning: ${warning}\n`);
      await withRuns(context, async (runs) => {
        const run = await runs.start({
          spec,
          by: context.by,
          ...(options.wipe === undefined ? {} : { wipe: options.wipe }),
          ...(options.wait ? {} : { noWait: true }),
        });
        if (!options.detach) {
          context.exitCode = await followRun(context, runs, run, options);
          return;
        }
        context.exitCode = exitCode.ok;
        if (options.json) sayJson(context, run);
        else say(context, [`${run.server} has started. ${followHint(context, run.server)}`]);
      });
    });
  addExamples(provision, context, [
    ['ironstep provision core1.yaml', 'a disk with something on it waits for your approval'],
    ['ironstep provision core1.yaml --wipe WD-WCC4E0XXXXXX', 'this disk, as long as it is empty'],
    ['ironstep provision core1.yaml --no-wait --json', 'for a script'],
  ]);
}

/** How to see a run that goes on in the background. */
export function followHint(context: Context, server: string): string {
  return `To follow it:  ${context.program} watch ${server}`;
}
