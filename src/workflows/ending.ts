import { ApplicationFailure, CancellationScope } from '@temporalio/workflow';

import type { SettingsSnapshot } from '../providers/provider.ts';
import type { ServerAccess } from '../run/plan.ts';
import { quick, waiting } from './activity-options.ts';
import type { Boots } from './rescue-session.ts';
import { phaseFailure, type RunEnds, type ServerRun } from './server-run.ts';

/** What a run that ends early has to put back. */
export type Entered = {
  access: ServerAccess;
  snapshot: SettingsSnapshot;
  boots: Boots;
} | null;

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
  const { access, snapshot } = entered;
  const { target } = access;
  try {
    await quick.restoreSettings.executeWithOptions(
      { summary: 'put the settings back: boot target, rescue key' },
      [target, snapshot],
    );
    const answers = await leaveRescue(run, entered);
    await quick.restoreMonitoring.executeWithOptions({ summary: 'put monitoring back' }, [
      target,
      snapshot,
    ]);
    const silent = answers ? '' : ' The system on its disk has not answered yet.';
    const words = `${diskInWords[run.diskState]} The provider's settings were put back.${silent}`;
    return entered.boots.underWay?.to === 'rescue'
      ? `${words}\n${mayRunRescue(target.server)}`
      : words;
  } catch (error) {
    const failure = phaseFailure(error);
    if (failure === null) throw error;
    const values = Object.entries(snapshot.values).map(([name, value]) => `${name}=${value}`);
    return (
      `${diskInWords[run.diskState]} The provider's settings could NOT be put back ` +
      `(${failure.message}). Set them in its panel as they were: ${values.join(', ')}. ` +
      `A later run of ${target.server} takes these for the original too.`
    );
  }
}

/** What a person has to know about the disk after an early end. */
const diskInWords: Record<ServerRun['diskState'], string> = {
  untouched: 'The disk was not touched.',
  unbootable: 'The disk was written to and does not boot; the server still runs rescue.',
  installed:
    'The new system is on the disk; it was not compared with the spec, and its automatic updates ' +
    'stay held (/etc/ironstep/hold).',
};

function mayRunRescue(server: string): string {
  return (
    'It was being booted into rescue, and may come up there.\n' +
    `To boot it from its disk:  ironstep boot disk ${server}`
  );
}

/**
 * Out of rescue, when the run entered it and the disk holds something to boot. With an empty or
 * an unbootable disk rescue stays up. Returns whether a system answers, where one should.
 */
async function leaveRescue(
  run: ServerRun,
  { access, boots }: NonNullable<Entered>,
): Promise<boolean> {
  const { last, underWay } = boots;
  const bootable =
    run.diskState === 'installed' || (run.diskState === 'untouched' && run.oldSystem);
  const leaving = underWay?.to === 'disk' ? underWay.from : last;
  if (leaving?.kind !== 'rescue' || !bootable) return true;
  try {
    if (underWay === null) {
      await quick.rebootFromInside.executeWithOptions(
        { summary: 'back to the system on the disk' },
        [access.target, leaving],
      );
      run.answers(null);
    }
    return await waiting.waitForOldSystem.executeWithOptions(
      { summary: 'wait for the system on the disk' },
      [access.target, leaving, run.pace],
    );
  } catch (error) {
    // The settings matter more than the reboot: they go back whether the server answers or not.
    if (phaseFailure(error) === null) throw error;
    return false;
  }
}
