import { ApplicationFailure, CancellationScope } from '@temporalio/workflow';

import type { SettingsSnapshot } from '../providers/provider.ts';
import type { ServerAccess } from '../run/plan.ts';
import { quick, waiting } from './activity-options.ts';
import type { Boots } from './boots.ts';
import { phaseFailure, RunEnds } from './phase-failure.ts';
import type { ServerRun } from './server-run.ts';

/** What a run that ends early has to put back. */
type Entered = {
  access: ServerAccess;
  snapshot: SettingsSnapshot;
  boots: Boots;
};

/**
 * Runs `work` to its end. One that is refused or aborted puts back what it told `entered`: from
 * then on it changes things.
 */
export async function toItsEnd<T>(
  run: ServerRun,
  work: (entered: (what: Entered) => void) => Promise<T>,
): Promise<T> {
  let toPutBack: Entered | null = null;
  try {
    return await run.person.untilAborted(() => work((what) => (toPutBack = what)));
  } catch (error) {
    if (error instanceof RunEnds) return endEarly(run, toPutBack, error);
    throw error;
  }
}

/**
 * The end of a run that was refused or aborted: the provider's settings are put back, the server
 * goes back to its old system when the disk was not touched, and the person reads what was and
 * what was not changed. Never interrupted by a second cancellation.
 */
async function endEarly(run: ServerRun, entered: Entered | null, end: RunEnds): Promise<never> {
  const ending = await CancellationScope.nonCancellable(() => putBack(run, entered));
  const message = `${end.message}\n${ending}`;
  run.record.over(end.state, message);
  run.show();
  throw ApplicationFailure.nonRetryable(message, end.state === 'refused' ? 'Refused' : 'Aborted');
}

async function putBack(run: ServerRun, entered: Entered | null): Promise<string> {
  if (entered === null) return 'Nothing was changed.';
  const { access, snapshot } = entered;
  const { target } = access;
  try {
    await quick.restoreSettings.executeWithOptions(
      { summary: 'put the settings back: boot target, rescue key' },
      [target, snapshot],
    );
    const left = await leaveRescue(run, entered);
    await quick.restoreMonitoring.executeWithOptions({ summary: 'put monitoring back' }, [
      target,
      snapshot,
    ]);
    const words = `${diskInWords[run.diskState]} The provider's settings were put back.${where[left]}`;
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
  'keys-placed': 'Keys may have been written to the system on its disk already.',
};

/** What a person has to know about where the server is then; the rest is said of the disk. */
const where: Record<Left, string> = {
  settled: '',
  silent: ' The system on its disk has not answered yet.',
  rescue: ' It still runs rescue.',
};

/** Where an early end leaves the server. */
type Left = 'settled' | 'silent' | 'rescue';

function mayRunRescue(server: string): string {
  return (
    'It was being booted into rescue, and may come up there.\n' +
    `To boot it from its disk:  ironstep boot disk ${server}`
  );
}

/**
 * Out of rescue, when the run entered it and the disk holds something to boot. With an empty or
 * an unbootable disk rescue stays up, and so does a session that was up before.
 */
async function leaveRescue(run: ServerRun, { access, boots }: Entered): Promise<Left> {
  const { last, underWay } = boots;
  const leaving = underWay?.to === 'disk' ? underWay.from : last;
  if (run.diskState === 'unbootable') return 'settled';
  if (underWay?.to === 'disk' && underWay.from?.kind !== 'rescue') return 'silent';
  if (leaving?.kind !== 'rescue') return 'settled';
  if (underWay === null && run.diskState !== 'installed' && !run.oldSystem) return 'rescue';
  try {
    if (underWay === null) {
      await quick.rebootFromInside.executeWithOptions(
        { summary: 'back to the system on the disk' },
        [access.target, leaving],
      );
      run.answers(null);
    }
    const answers = await waiting.waitForOldSystem.executeWithOptions(
      { summary: 'wait for the system on the disk' },
      [access.target, leaving, run.pace],
    );
    return answers ? 'settled' : 'silent';
  } catch (error) {
    // The settings matter more than the reboot: they go back whether the server answers or not.
    if (phaseFailure(error) === null) throw error;
    return 'silent';
  }
}
