import type { RunReference } from '../client.ts';
import type { LiveStatus } from '../client/live-status.ts';
import { say, sayJson, viewOf } from './context.ts';
import type { Context, Runs } from './context.ts';
import { exitCode } from './exit-code.ts';
import type { ExitCode } from './exit-code.ts';
import { follow } from './follow.ts';
import type { Display } from './follow.ts';
import { PlainDisplay } from './plain-display.ts';
import { attentionLines } from './render/attention.ts';
import { endingLines } from './render/ending.ts';
import { LiveDisplay } from './render/live.ts';

export type FollowRunOptions = {
  json?: boolean;
  /** What of the status is the one document of `json`. @default all of it */
  document?: (status: LiveStatus) => unknown;
};

/**
 * Follows a run to its end and says how it went: a live timeline on a terminal, plain lines
 * elsewhere, and with `json` one document at the end. Returns the program's exit code.
 */
export async function followRun(
  context: Context,
  runs: Runs,
  run: RunReference,
  options: FollowRunOptions = {},
): Promise<ExitCode> {
  const { terminal, clock, interrupted } = context;
  const live = terminal.interactive && !options.json;
  const runUrl = await context.runUrl(run.workflowId);
  const ask = () => runs.status(run);
  const display = live
    ? new LiveDisplay(terminal, () => viewOf(context))
    : new PlainDisplay(options.json ? terminal.err : terminal.out, context);
  const end = await closing(display, () =>
    follow(ask, display, { clock, interrupted, stopWhenWaiting: !live }),
  );
  if (end.kind === 'interrupted') {
    terminal.err(
      `\n${run.server} goes on without you. To come back:  ${context.program} watch ${run.server}\n` +
        `To stop it instead:  ${context.program} abort ${run.server}\n`,
    );
    return exitCode.interrupted;
  }
  const { status } = end;
  const view = viewOf(context, runUrl);
  if (options.json) sayJson(context, options.document?.(status) ?? status);
  else if (end.kind === 'waits') say(context, ['', ...attentionLines(status, view)]);
  else say(context, ['', ...endingLines(status, view)]);
  return end.kind === 'waits' ? exitCode.waits : endCode(status);
}

/** Done, or ready and as the spec says; or not. */
function endCode(status: LiveStatus): ExitCode {
  const good = status.state === 'done' || (status.state === 'ready' && status.report?.ok !== false);
  return good ? exitCode.ok : exitCode.failed;
}

/** Gives the terminal back, whatever happens. */
async function closing<Result>(display: Display, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } finally {
    if (display instanceof LiveDisplay) display.close();
  }
}
