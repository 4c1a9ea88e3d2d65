import { resolve } from 'node:path';

import type { Command } from 'commander';

import { say, sayJson } from '../context.ts';
import type { Context } from '../context.ts';
import { UsageError } from '../errors.ts';
import { addExamples } from '../examples.ts';
import { metricsOption } from '../metrics-option.ts';

type Options = {
  stop?: boolean;
  background?: boolean;
  config?: string;
  metrics?: string;
  json?: boolean;
};

/** `ironstep dev`: Temporal, codec server and worker on this machine. */
export function addDev(program: Command, context: Context): void {
  const dev = program
    .command('dev')
    .description('run Temporal, its UI, the codec server and a worker on this machine')
    .option('--background', 'leave them running and return')
    .option('--stop', 'stop what runs in the background; runs keep their place')
    .option('--config <folder>', 'where the worker finds credentials.yaml and mirrors.yaml')
    .addOption(metricsOption())
    .option('--json', 'one JSON document, with --background or --stop')
    .action(async (options: Options) => {
      if (options.stop && options.background) {
        throw new UsageError('--stop and --background contradict each other.');
      }
      if (options.stop) await stop(context, options);
      else if (options.background) await startInBackground(context, options);
      else if (options.json) {
        throw new UsageError('--json has something to tell with --background or --stop only.');
      } else {
        context.ownsSignals();
        const { runDev } = await import('../../dev/dev.ts');
        await runDev(devOptions(options));
      }
    });
  addExamples(dev, context, [
    ['ironstep dev', 'until Ctrl-C'],
    ['ironstep dev --background', 'start them, or find them running, and go on'],
    ['ironstep dev --stop', 'runs go on with the next start'],
  ]);
}

async function stop(context: Context, { json }: Options): Promise<void> {
  const { stopDev } = await import('../../dev/background.ts');
  const stopped = await stopDev();
  if (json) sayJson(context, { stopped });
  else say(context, [stopped ? 'Stopped. Runs keep their place.' : 'Nothing was running.']);
}

async function startInBackground(context: Context, options: Options): Promise<void> {
  const { ensureDev } = await import('../../dev/background.ts');
  const status = await ensureDev(devOptions(options));
  if (options.json) return sayJson(context, status);
  say(context, [
    `Temporal ${status.address} and a worker are running.`,
    `Temporal UI:      ${status.uiUrl}`,
    ...(status.metricsUrl === undefined ? [] : [`Metrics:          ${status.metricsUrl}`]),
    `To stop them:     ${context.program} dev --stop`,
  ]);
}

function devOptions({ config, metrics }: Options): { configFolder?: string; metrics?: string } {
  return {
    ...(config === undefined ? {} : { configFolder: resolve(config) }),
    ...(metrics === undefined ? {} : { metrics }),
  };
}
