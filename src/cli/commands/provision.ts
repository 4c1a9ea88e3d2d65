import type { Command } from 'commander';

import { withRuns } from '../context.ts';
import type { Context } from '../context.ts';
import { addExamples } from '../examples.ts';
import { startOptions, startRun } from '../start-run.ts';
import type { StartOptions } from '../start-run.ts';

type Options = StartOptions & { wipe?: string; wait: boolean };

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
    .option(...startOptions.detach)
    .option(...startOptions.json)
    .action(async (path: string, options: Options) => {
      const { loadSpec } = await import('../load-spec.ts');
      const { spec, warnings } = await loadSpec(path);
      for (const warning of warnings) context.terminal.err(`${path}: warning: ${warning}\n`);
      await withRuns(context, async (runs) => {
        const request = {
          spec,
          by: context.by,
          ...(options.wipe === undefined ? {} : { wipe: options.wipe }),
          ...(options.wait ? {} : { noWait: true }),
        };
        await startRun(context, runs, { kind: 'provision', request }, options);
      });
    });
  addExamples(provision, context, [
    ['ironstep provision core1.yaml', 'a disk with something on it waits for your approval'],
    ['ironstep provision core1.yaml --wipe WD-WCC4E0XXXXXX', 'this disk, as long as it is empty'],
    ['ironstep provision core1.yaml --no-wait --json', 'for a script'],
  ]);
}
