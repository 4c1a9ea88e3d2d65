import type { Command } from 'commander';

import { say, sayJson, viewOf, withRuns } from '../context.ts';
import type { Context } from '../context.ts';
import { addExamples } from '../examples.ts';
import { listLines } from '../render/list.ts';

/** `ironstep list`: the newest run of every server. */
export function addList(program: Command, context: Context): void {
  const list = program
    .command('list')
    .description('every server with its phase and what it needs')
    .option('--json', 'one JSON document')
    .action(async (options: { json?: boolean }) => {
      await withRuns(context, async (runs) => {
        const entries = await runs.list();
        if (options.json) sayJson(context, entries);
        else say(context, listLines(entries, viewOf(context)));
      });
    });
  addExamples(list, context, [
    ['ironstep list', 'who needs you'],
    ['ironstep list --json', 'the same for a script'],
  ]);
}
