import type { Command } from 'commander';

import { say } from '../context.ts';
import type { Context } from '../context.ts';
import { exitCode } from '../exit-code.ts';

/** `ironstep validate SPEC…`: reads specs and everything that they name; asks nobody. */
export function addValidate(program: Command, context: Context): void {
  program
    .command('validate')
    .description('check spec files; offline, changes nothing')
    .argument('<spec...>', 'YAML files, one per server')
    .action(async (paths: string[]) => {
      const { loadSpec } = await import('../load-spec.ts');
      const { summaryOf } = await import('../../client/run-summary.ts');
      for (const path of paths) {
        try {
          const { spec, warnings } = await loadSpec(path);
          say(context, [`${path}: good. ${summaryOf(spec)}`]);
          for (const warning of warnings) say(context, [`${path}: warning: ${warning}`]);
        } catch (error) {
          if (!(error instanceof Error) || error.name !== 'SpecError') throw error;
          context.terminal.err(`${error.message}\n`);
          context.exitCode = exitCode.usage;
        }
      }
    });
}
