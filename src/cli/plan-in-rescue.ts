import type { ServerSpec } from '../spec/server-spec.ts';
import { say, viewOf, withRuns } from './context.ts';
import type { Context } from './context.ts';
import { UsageError } from './errors.ts';
import { exitCode } from './exit-code.ts';
import { followRun } from './follow-run.ts';
import { planLines } from './render/plan.ts';
import { asTyped } from './render/view.ts';

type Options = { json?: boolean; yes?: boolean };

/**
 * Boots rescue to look, after a yes: a run like others, since the server is down meanwhile. Then
 * shows the plan with the disks. Throws UsageError when nobody can be asked.
 */
export async function planInRescue(
  context: Context,
  path: string,
  spec: ServerSpec,
  options: Options,
): Promise<void> {
  if (!options.yes && !(await agreed(context, path, spec.server))) {
    context.terminal.err('Nothing was changed.\n');
    context.exitCode = exitCode.failed;
    return;
  }
  await withRuns(context, async (runs) => {
    const run = await runs.start('look', { spec, by: context.by });
    context.exitCode = await followRun(context, runs, run, {
      ...options,
      document: (status) => status.plan ?? status,
    });
    if (options.json || context.exitCode === exitCode.interrupted) return;
    const { plan } = await runs.status(run);
    if (plan !== undefined) say(context, ['', ...planLines(plan, path, viewOf(context))]);
  });
}

async function agreed(context: Context, path: string, server: string): Promise<boolean> {
  const downtime =
    `${server} will be down for about 12 minutes: it is booted into rescue to read its disks, ` +
    'and back. Nothing is written to them.';
  const answer = await context.ask(`${downtime}\nBoot it into rescue now? [y/N] `);
  if (answer !== null) return /^y(es)?$/i.test(answer.trim());
  const command = asTyped(`  ironstep plan ${path} --rescue --yes`, context);
  throw new UsageError(`${downtime}\nTo say yes without a terminal:${command}`);
}
