import { ActivityFailure, ApplicationFailure, isCancellation } from '@temporalio/workflow';

/**
 * The run ends here: refused by a check, or stopped by a person. Settings are put back first.
 *
 * @where any phase
 * @within the end of the run (`Refused` or `Aborted` in Temporal)
 * @changed As the end of the run says: settings are put back first.
 * @remedy Nothing: it is how a run ends early. The run's own words say why.
 */
export class RunEnds extends Error {
  override name = 'RunEnds';
  readonly state: 'refused' | 'aborted';

  constructor(state: 'refused' | 'aborted', message: string) {
    super(message);
    this.state = state;
  }
}

/** What went wrong in an activity, as far as a workflow decides by it. */
export type PhaseFailure = { type: string; message: string };

/**
 * Rescue was not waited for to the end: no rung of the ladder could be tried, or a person skipped
 * what was left of it.
 *
 * @where rescue
 * @changed Nothing but what the rungs did that were tried; the message lists them.
 * @remedy Resume with the rungs that you want: `ironstep resume core1 --ladder hard-reset`.
 * @example
 * Rescue did not come up on core1: no rung of its ladder is left.
 * 09:14  clean reboot from inside: not tried: no system that knows us answers
 */
export class LadderEnded extends Error {
  override name = 'LadderEnded';

  constructor(server: string, climbed: readonly string[]) {
    const tried = climbed.join('\n');
    super(`Rescue did not come up on ${server}: no rung of its ladder is left.\n${tried}`);
  }
}

/** What an activity said went wrong; null for a cancellation or an end that is not a failure. */
export function phaseFailure(error: unknown): PhaseFailure | null {
  if (isCancellation(error) || error instanceof RunEnds) return null;
  if (error instanceof LadderEnded) return { type: error.name, message: error.message };
  if (error instanceof ActivityFailure) {
    const cause = error.cause;
    if (cause instanceof ApplicationFailure) {
      return { type: cause.type ?? 'Error', message: cause.message };
    }
    return { type: cause?.name ?? 'Error', message: cause?.message ?? error.message };
  }
  return null;
}
