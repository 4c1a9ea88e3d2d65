import type { Command } from 'commander';

import { say, sayJson, viewOf, withRuns } from '../context.ts';
import type { Context } from '../context.ts';
import { addExamples } from '../examples.ts';
import { statusLines } from '../render/status.ts';

/** `ironstep status SERVER`: all about the newest run of a server, open or over. */
export function addStatus(program: Command, context: Context): void {
  const command = program
    .command('status')
    .description('what happens to a server, step by step, and what it needs')
    .argument('<server>', "the server's name")
    .option('--json', 'one JSON document')
    .action(async (server: string, options: { json?: boolean }) => {
      await withRuns(context, async (runs) => {
        const run = await runs.find(server);
        const status = await runs.status(run);
        if (options.json) sayJson(context, status);
        else {
          const view = viewOf(context, await context.runUrl(run.workflowId));
          say(context, statusLines(status, view));
        }
      });
    });
  addExamples(command, context, [
    ['ironstep status core1', 'the newest run of core1, open or over'],
    ['ironstep status ovh/ns3012345.ip-5-39-80.eu', 'where two servers share a name'],
  ]);
}
