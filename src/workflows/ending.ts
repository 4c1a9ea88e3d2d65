import { ApplicationFailure, CancellationScope } from '@temporalio/workflow';

import type { SettingsSnapshot } from '../providers/provider.ts';
import type { Plan } from '../run/plan.ts';
import { quick, waiting } from './activity-options.ts';
import type { Boots } from './rescue-session.ts';
import { phaseFailure, type RunEnds, type ServerRun } from './server-run.ts';

/** What a run that ends early has to put back. */
export type Entered = { plan: Plan; snapshot: SettingsSnapshot; boots: Boots } | null;

/**
 * The end of a run that was refused or aborted: the provider's settings are put back, the server
 * goes back to its old system when the disk was not touched, and the person reads what was and
 * what was not changed. Never interrupted by a second cancellation.
 */
export async function endEarly(run: ServerRun, entered: Entered, end: RunEnds): Promise<never> {
  const ending = await CancellationScope.nonCancellable(() => putBack(run, entered));
  const message = `${end.message}\n${ending}`;
  run.record.over(end.state, message);
  run.show();
  throw ApplicationFailure.nonRetryable(message, end.state === 'refused' ? 'Refused' : 'Aborted');
}

async function putBack(run: ServerRun, entered: Entered): Promise<string> {
  if (entered === null) return 'Nothing was changed.';
  const { plan, snapshot } = entered;
  const { target } = plan;
  try {
    await quick.restoreSettings.executeWithOptions(
      { summary: 'put the settings back: boot target, rescue key' },
      [target, snapshot],
    );
    const answers = run.diskTouched ? true : await backToOldSystem(run, entered);
    await quick.restoreMonitoring.executeWithOptions({ summary: 'put monitoring back' }, [
      target,
      snapshot,
    ]);
    const disk = run.diskTouched
      ? 'The disk was written to and does not boot; the server still runs rescue.'
      : 'The disk was not touched.';
    const silent = answers ? '' : ' Its old system has not answered yet.';
    return `${disk} The provider's settings were put back.${silent}`;
  } catch (error) {
    const failure = phaseFailure(error);
    if (failure === null) throw error;
    return (
      `The provider's settings could NOT be put back (${failure.message}). ` +
      `Do it with: ironstep settings restore ${target.server}`
    );
  }
}

/**
 * Out of rescue, when the run entered it and the disk holds something to boot. An empty disk has
 * nothing: then rescue stays up.
 */
async function backToOldSystem(
  run: ServerRun,
  { plan, boots }: NonNullable<Entered>,
): Promise<boolean> {
  const rescue = boots.last;
  if (rescue?.kind !== 'rescue' || !run.oldSystem) return true;
  await quick.rebootFromInside.executeWithOptions({ summary: 'back to the old system' }, [
    plan.target,
    rescue,
  ]);
  return waiting.waitForOldSystem.executeWithOptions({ summary: 'wait for the old system' }, [
    plan.target,
    rescue,
    run.pace,
  ]);
}
