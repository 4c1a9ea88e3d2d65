import type { Command } from 'commander';

import { say, sayJson, viewOf, withRuns } from '../context.ts';
import type { Context } from '../context.ts';
import { addExamples } from '../examples.ts';
import { planLines } from '../render/plan.ts';

/** `ironstep plan SPEC`: what a run would do, without changing anything. */
export function addPlan(program: Command, context: Context): void {
  const plan = program
    .command('plan')
    .description('show what provisioning a spec would do; changes nothing')
    .argument('<spec>', 'YAML file of the server')
    .option('--json', 'one JSON document')
    .action(async (path: string, options: { json?: boolean }) => {
      const { loadSpec } = await import('../load-spec.ts');
      const { withPlace } = await import('../spec-place.ts');
      const { spec, warnings } = await loadSpec(path);
      for (const warning of warnings) context.terminal.err(`${path}: warning: ${warning}\n`);
      await withRuns(context, async (runs) => {
        const found = await withPlace(path, () => runs.plan({ spec, by: context.by }));
        if (options.json) sayJson(context, found);
        else say(context, planLines(found, path, viewOf(context)));
      });
    });
  addExamples(plan, context, [
    ['ironstep plan core1.yaml', 'asks the provider, and the server when it knows us'],
  ]);
}
