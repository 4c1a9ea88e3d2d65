import { deadlines } from '../run/deadlines.ts';
import type { ServerAccess, System } from '../run/plan.ts';
import { quick, waiting, working } from './activity-options.ts';
import { forget, remember, seconds, type Boots } from './boots.ts';
import { rebooted } from './failure-policy.ts';
import { parkForRescue } from './parked.ts';
import { phaseFailure } from './phase-failure.ts';
import { climb } from './rescue-ladder.ts';
import type { ServerRun } from './server-run.ts';

/**
 * Does `work` in a rescue session. When the server is rebooted under it, the run goes back to
 * rescue and begins `work` again; its phases find what is done already.
 */
export async function inRescue<T>(
  run: ServerRun,
  access: ServerAccess,
  boots: Boots,
  work: (rescue: System) => Promise<T>,
): Promise<T> {
  let lost = false;
  for (;;) {
    const rescue = await run.phase(
      'rescue',
      () => enterRescue(run, access, boots, lost),
      (system) =>
        `rescue answered after ${seconds(system.waitedMs)} · proof: new boot id, ` +
        `rescue runs from RAM, kernel ${system.kernel}`,
      async (failure) => {
        if (await parkForRescue(run, access, boots, failure)) lost = false;
      },
    );
    remember(run, boots, rescue);
    try {
      return await work(rescue);
    } catch (error) {
      if (phaseFailure(error)?.type !== rebooted) throw error;
      lost = true;
      forget(run, boots);
      run.note('the server was rebooted by something else; back to rescue');
    }
  }
}

async function enterRescue(
  run: ServerRun,
  access: ServerAccess,
  boots: Boots,
  lost: boolean,
): Promise<System> {
  const { target } = access;
  boots.seen = null;
  if (!boots.known) await askWhoAnswers(run, access, boots, true);
  const before = boots.last;
  const armed = await quick.armRescue.executeWithOptions(
    { summary: 'arm rescue for the next boot' },
    [target, access.rescueImage],
  );
  if (before?.kind === 'rescue' && !lost) {
    run.note('a rescue session of this server is still up; it is used as it is');
    const finished = await working.finishJobs.executeWithOptions(
      { summary: 'wait for the jobs of an earlier run' },
      [target, before, run.pace],
    );
    if (finished.length > 0) run.note(`waited for what an earlier run began: ${finished.join()}`);
    return before;
  }
  const { authorizedKeys } = run.request.ssh;
  const wait = {
    knownBootIds: boots.ids,
    authorizedKeys,
    pace: run.pace,
    giveUpAfterMs: deadlines.comesBackMs,
  };
  if (lost) {
    const { mailWatermark } = armed;
    const back = await rescueByItself(access, { ...wait, mailWatermark, sentAtMs: Date.now() });
    if (back !== null) return back;
  }
  forget(run, boots);
  return climb(run, access, boots, { before, armed, wait });
}

/**
 * The system that answers before any reboot: a running one is taken down cleanly, a rescue session
 * of ours is never reset. `patient`: an earlier run may have left work behind.
 */
export async function askWhoAnswers(
  run: ServerRun,
  access: ServerAccess,
  boots: Boots,
  patient: boolean,
): Promise<System | null> {
  boots.last = await quick.whoAnswers.executeWithOptions({ summary: 'which system answers now' }, [
    access.target,
    patient,
    run.request.ssh.authorizedKeys,
  ]);
  boots.known = true;
  run.answers(boots.last);
  return boots.last;
}

async function rescueByItself(
  access: ServerAccess,
  wait: Parameters<typeof waiting.waitForRescue>[1],
): Promise<System | null> {
  try {
    return await waiting.waitForRescue.executeWithOptions(
      { summary: 'wait: rescue may come up by itself' },
      [access.target, wait],
    );
  } catch (error) {
    if (phaseFailure(error)?.type === 'ServerSilent') return null;
    throw error;
  }
}
