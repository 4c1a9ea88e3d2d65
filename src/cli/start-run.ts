import type { RunRequests } from '../contract.ts';
import type { RunKind } from '../run/status.ts';
import { say, sayJson } from './context.ts';
import type { Context, Runs } from './context.ts';
import { followRun } from './follow-run.ts';

/** What every command that starts a run takes. */
export type StartOptions = { detach?: boolean; json?: boolean };

/** How these options are said in the help. */
export const startOptions = {
  detach: ['--detach', 'start the run and return'],
  json: ['--json', 'one JSON document at the end, plain progress on stderr'],
} as const;

/** Starts a run, then follows it to its end, or with `detach` says how to. */
export async function startRun<Kind extends RunKind>(
  context: Context,
  runs: Runs,
  { kind, request }: { kind: Kind; request: RunRequests[Kind] },
  options: StartOptions,
): Promise<void> {
  const run = await runs.start(kind, request);
  if (!options.detach) context.exitCode = await followRun(context, runs, run, options);
  else if (options.json) sayJson(context, run);
  else say(context, [`${run.server} has started. ${followHint(context, run.server)}`]);
}

/** How to see a run that goes on in the background. */
export function followHint(context: Context, server: string): string {
  return `To follow it:  ${context.program} watch ${server}`;
}
