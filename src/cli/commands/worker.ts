import type { Command } from 'commander';

import { TemporalUnreachable } from '../../run/temporal-errors.ts';
import { say } from '../context.ts';
import type { Context } from '../context.ts';
import { exitCode } from '../exit-code.ts';
import { addExamples } from '../examples.ts';
import { metricsOption } from '../metrics-option.ts';

type Options = { config?: string; metrics?: string; check?: boolean };

/** `ironstep worker`: does the work of runs until it is stopped. */
export function addWorker(program: Command, context: Context): void {
  const worker = program
    .command('worker')
    .description('do the work of runs; stops on SIGTERM, and another worker goes on')
    .option('--config <folder>', 'where credentials.yaml is, instead of the default folder')
    .addOption(metricsOption())
    .option('--check', 'only look whether a worker of this machine asks Temporal for work')
    .action(async ({ config, metrics, check }: Options) => {
      if (check) return checkWorker(context);
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
    ['ironstep worker --check', 'for the health check of a container'],
  ]);
}

async function checkWorker(context: Context): Promise<void> {
  const { checkPolls } = await import('../../dev/poll-check.ts');
  const { kind, host, address, namespace } = await checkPolls();
  if (kind === 'unreachable') throw new TemporalUnreachable(address);
  const where = `work at ${address}, namespace ${namespace}`;
  if (kind === 'polls') return say(context, [`A worker of ${host} asks for ${where}.`]);
  say(context, [`No worker of ${host} has asked for ${where}, in the last three minutes.`]);
  context.exitCode = exitCode.unreachable;
}
