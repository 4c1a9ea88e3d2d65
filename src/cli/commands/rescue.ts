import type { Command } from 'commander';

import { withRuns } from '../context.ts';
import type { Context } from '../context.ts';
import { addExamples } from '../examples.ts';
import { namedServer, namedServerHelp } from '../named-server.ts';
import { startOptions, startRun } from '../start-run.ts';
import type { StartOptions } from '../start-run.ts';

/** `ironstep rescue SERVER`: boots the rescue system and leaves it up, for a person. */
export function addRescue(program: Command, context: Context): void {
  const rescue = program
    .command('rescue')
    .description('boot the rescue system of a server and leave it up, monitoring off')
    .argument('<server>', namedServerHelp)
    .option(...startOptions.detach)
    .option(...startOptions.json)
    .action(async (server: string, options: StartOptions) => {
      await withRuns(context, async (runs) => {
        const request = { ...(await namedServer(runs, server)), by: context.by };
        await startRun(context, runs, { kind: 'rescue', request }, options);
      });
    });
  addExamples(rescue, context, [
    ['ironstep rescue core1', 'then: ironstep ssh core1, and back with: ironstep boot disk core1'],
    ['ironstep rescue core1.yaml', 'a server of which no run is known'],
  ]);
}
