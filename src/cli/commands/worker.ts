import type { Command } from 'commander';

import type { Context } from '../context.ts';
import { addExamples } from '../examples.ts';
import { metricsOption } from '../metrics-option.ts';

/** `ironstep worker`: does the work of runs until it is stopped. */
export function addWorker(program: Command, context: Context): void {
  const worker = program
    .command('worker')
    .description('do the work of runs; stops on SIGTERM, and another worker goes on')
    .option('--config <folder>', 'where credentials.yaml is, instead of the default folder')
    .addOption(metricsOption())
    .action(async ({ config, metrics }: { config?: string; metrics?: string }) => {
      context.ownsSignals();
      const { runWorker } = await import('../../worker.ts');
      await runWorker({
        ...(config === undefined ? {} : { configFolder: config }),
        ...(metrics === undefined ? {} : { metrics }),
      });
    });
  addExamples(worker, context, [
    ['ironstep worker', 'with ~/.config/ironstep/credentials.yaml'],
    ['ironstep worker --config /etc/ironstep', 'as a service of a team'],
    ['ironstep worker --metrics', 'and show what it does to Prometheus on this machine'],
  ]);
}
