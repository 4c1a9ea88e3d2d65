import { resolve } from 'node:path';

import type { Command } from 'commander';

import { say } from '../context.ts';
import type { Context } from '../context.ts';
import { UsageError } from '../errors.ts';

type Options = { stop?: boolean; background?: boolean; config?: string };

/** `ironstep dev`: Temporal, codec server and worker on this machine. */
export function addDev(program: Command, context: Context): void {
  program
    .command('dev')
    .description('run Temporal, its UI, the codec server and a worker on this machine')
    .option('--background', 'leave them running and return')
    .option('--stop', 'stop what runs in the background; runs keep their place')
    .option('--config <folder>', 'where the worker finds credentials.yaml and mirrors.yaml')
    .action(async (options: Options) => {
      if (options.stop && options.background) {
        throw new UsageError('--stop and --background contradict each other.');
      }
      if (options.stop) await stop(context);
      else if (options.background) await startInBackground(context, options);
      else {
        context.ownsSignals();
        const { runDev } = await import('../../dev/dev.ts');
        await runDev(devOptions(options));
      }
    });
}

async function stop(context: Context): Promise<void> {
  const { stopDev } = await import('../../dev/background.ts');
  const stopped = await stopDev();
  say(context, [stopped ? 'Stopped. Runs keep their place.' : 'Nothing was running.']);
}

async function startInBackground(context: Context, options: Options): Promise<void> {
  const { ensureDev } = await import('../../dev/background.ts');
  const { address, uiUrl } = await ensureDev(devOptions(options));
  say(context, [
    `Temporal ${address} and a worker are running.`,
    `Temporal UI:      ${uiUrl}`,
    `To stop them:     ${context.program} dev --stop`,
  ]);
}

function devOptions({ config }: Options): { configFolder?: string } {
  return config === undefined ? {} : { configFolder: resolve(config) };
}
