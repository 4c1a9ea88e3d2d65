import type { Command } from 'commander';

import { say, sayJson, viewOf, withRuns } from '../context.ts';
import type { Context } from '../context.ts';
import { addExamples } from '../examples.ts';
import { namedServer, namedServerHelp } from '../named-server.ts';
import { settingsLines } from '../render/settings.ts';
import { startOptions, startRun } from '../start-run.ts';
import type { StartOptions } from '../start-run.ts';

/** `ironstep settings show|restore SERVER`: what ironstep changed at the provider. */
export function addSettings(program: Command, context: Context): void {
  const settings = program
    .command('settings')
    .description('what a run changes at the provider: boot target, monitoring, rescue key');
  addShow(settings, context);
  addRestore(settings, context);
}

function addShow(settings: Command, context: Context): void {
  const show = settings
    .command('show')
    .description("the provider's settings of a server, beside those before ironstep")
    .argument('<server>', namedServerHelp)
    .option('--json', 'one JSON document')
    .action(async (server: string, options: { json?: boolean }) => {
      await withRuns(context, async (runs) => {
        const found = await runs.settings(await namedServer(runs, server));
        if (options.json) sayJson(context, found);
        else say(context, settingsLines(found, viewOf(context)));
      });
    });
  addExamples(show, context, [
    ['ironstep settings show core1', 'reads them; changes nothing'],
    ['ironstep settings show core1.yaml', 'a server of which no run is known'],
  ]);
}

function addRestore(settings: Command, context: Context): void {
  const restore = settings
    .command('restore')
    .description("put the provider's settings back after a run that could not: a terminated one")
    .argument('<server>', namedServerHelp)
    .option(...startOptions.detach)
    .option(...startOptions.json)
    .action(async (server: string, options: StartOptions) => {
      await withRuns(context, async (runs) => {
        const request = { ...(await namedServer(runs, server)), by: context.by };
        await startRun(context, runs, { kind: 'restore-settings', request }, options);
      });
    });
  addExamples(restore, context, [
    ['ironstep settings restore core1', 'as often as you like; refused while a run is open'],
  ]);
}
