import type { Command } from 'commander';

import type { Context } from '../context.ts';
import { addExamples } from '../examples.ts';

/** `ironstep worker`: does the work of runs until it is stopped. */
export function addWorker(program: Command, context: Context): void {
  const worker = program
    .command('worker')
    .description('do the work of runs; stops on SIGTERM, and another worker goes on')
    .option('--config <folder>', 'where credentials.yaml is, instead of the default folder')
    .action(async (options: { config?: string }) => {
      context.ownsSignals();
      const { runWorker } = await import('../../worker.ts');
      await runWorker(options.config === undefined ? {} : { configFolder: options.config });
    });
  addExamples(worker, context, [
    ['ironstep worker', 'with ~/.config/ironstep/credentials.yaml'],
    ['ironstep worker --config /etc/ironstep', 'as a service of a team'],
  ]);
}
