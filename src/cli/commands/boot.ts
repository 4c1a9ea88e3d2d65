import type { Command } from 'commander';

import { withRuns } from '../context.ts';
import type { Context } from '../context.ts';
import { addExamples } from '../examples.ts';
import { namedServer, namedServerHelp } from '../named-server.ts';
import { startOptions, startRun } from '../start-run.ts';
import type { StartOptions } from '../start-run.ts';

type Options = StartOptions & { force?: boolean };

/** `ironstep boot disk SERVER`: the way out of rescue. */
export function addBoot(program: Command, context: Context): void {
  const disk = program
    .command('boot')
    .description('boot a server from its disk, out of rescue')
    .command('disk')
    .description("boot a server from its disk, and put the provider's settings back")
    .argument('<server>', namedServerHelp)
    .option('--force', 'also when rescue finds that the disk must not boot')
    .option(...startOptions.detach)
    .option(...startOptions.json)
    .action(async (server: string, options: Options) => {
      await withRuns(context, async (runs) => {
        const request = {
          ...(await namedServer(runs, server)),
          by: context.by,
          ...(options.force ? { force: true } : {}),
        };
        await startRun(context, runs, { kind: 'boot-disk', request }, options);
      });
    });
  addExamples(disk, context, [
    ['ironstep boot disk core1', 'after: ironstep rescue core1'],
    ['ironstep boot disk core1 --force', 'an unfinished install or shrink is booted too'],
  ]);
}
