import type { Command } from 'commander';

import { say, sayJson, viewOf, withRuns } from '../context.ts';
import type { Context } from '../context.ts';
import { addExamples } from '../examples.ts';
import { exitCode } from '../exit-code.ts';
import { planRefusalLines } from '../render/plan-refusal.ts';
import { planLines } from '../render/plan.ts';

type Options = { json?: boolean; rescue?: boolean; yes?: boolean };

/** `ironstep plan SPEC`: what a run would do, without changing anything. */
export function addPlan(program: Command, context: Context): void {
  const plan = program
    .command('plan')
    .description('show what provisioning a spec would do; changes nothing')
    .argument('<spec>', 'YAML file of the server')
    .option(
      '--rescue',
      'boot rescue to read the disks, and back: a downtime, for which you are asked',
    )
    .option('--yes', 'the downtime is fine')
    .option('--json', 'one JSON document')
    .action(async (path: string, options: Options) => {
      const { loadSpec } = await import('../load-spec.ts');
      const { spec, warnings } = await loadSpec(path);
      for (const warning of warnings) context.terminal.err(`${path}: warning: ${warning}\n`);
      if (options.rescue) {
        const { planInRescue } = await import('../plan-in-rescue.ts');
        return planInRescue(context, path, spec, options);
      }
      await orRefusal(context, path, options, async () => {
        const found = await withRuns(context, (runs) => runs.plan({ spec, by: context.by }));
        if (options.json) sayJson(context, found);
        else say(context, planLines(found, path, viewOf(context)));
      });
    });
  addExamples(plan, context, [
    ['ironstep plan core1.yaml', 'asks the provider, and the server when it knows us'],
    ['ironstep plan core1.yaml --rescue', 'a server that does not know us: see its disks first'],
  ]);
}

/** Does `work`, and tells of what the worker refuses where in the spec it is written. */
async function orRefusal(
  context: Context,
  path: string,
  { json }: Options,
  work: () => Promise<void>,
): Promise<void> {
  const { QuestionRefused } = await import('../../client/client-errors.ts');
  try {
    await work();
  } catch (error) {
    if (!(error instanceof QuestionRefused)) throw error;
    const { placeOfRefusal } = await import('../spec-place.ts');
    const refusal = await placeOfRefusal(error, path);
    const lines = planRefusalLines(refusal, viewOf(context));
    if (json) sayJson(context, { refused: refusal });
    else context.terminal.err(`${lines.join('\n')}\n`);
    context.exitCode = exitCode.failed;
  }
}
