import type { Command } from 'commander';

import type { Context } from '../context.ts';

/** `ironstep doctor`: what is there and what is missing. */
export function addDoctor(program: Command, context: Context): void {
  program
    .command('doctor')
    .description('what this machine has and what is missing')
    .option('--json', 'one JSON document')
    .action(async (options: { json?: boolean }) => {
      void options;
      void context;
    });
}
