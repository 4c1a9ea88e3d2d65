import { deadlines } from '../run/deadlines.ts';
import type { ServerAccess, System } from '../run/plan.ts';
import type { JobTrace } from '../run/status.ts';
import { quick, resetting, waiting, working } from './activity-options.ts';
import { rebooted } from './failure-policy.ts';
import { bootSeen } from './run-telemetry.ts';
import { phaseFailure, type ServerRun } from './server-run.ts';

/** What the run has seen boot, and which system answered last. */
export type Boots = {
  ids: string[];
  /** From power or reset to the SSH banner, summed over the boots. */
  waitedMs: number;
  /** What the host recorded about its jobs. */
  jobs: JobTrace[];
  /** The system that answered last; null: none that knows us. Good until a reboot. */
  last: System | null;
  /** `last` was asked for and still holds; else it must be asked again. */
  known: boolean;
  /** A reboot was sent, and what came up is not proven yet. */
  underWay: { to: 'rescue' } | { to: 'disk'; from: System | null } | null;
};

/** Nothing was seen yet. */
export function noBoots(): Boots {
  return { ids: [], waitedMs: 0, jobs: [], last: null, known: false, underWay: null };
}

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
    mailWatermark: armed.mailWatermark,
    pace: run.pace,
    giveUpAfterMs: deadlines.comesBackMs,
  };
  if (lost) {
    const back = await rescueByItself(access, { ...wait, sentAtMs: Date.now() });
    if (back !== null) return back;
  }
  forget(run, boots);
  boots.underWay = { to: 'rescue' };
  const sentAtMs =
    before?.kind === 'installed'
      ? await rebootInstalled(run, access, before)
      : await hardReset(run, access, armed.watermark);
  const giveUpAfterMs = run.request.rescue.giveUpAfter;
  return waiting.waitForRescue.executeWithOptions({ summary: 'wait for the rescue system' }, [
    target,
    { ...wait, sentAtMs, giveUpAfterMs },
  ]);
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

async function rebootInstalled(
  run: ServerRun,
  access: ServerAccess,
  system: System,
): Promise<number> {
  const { sentAtMs } = await quick.rebootFromInside.executeWithOptions(
    { summary: 'clean reboot from inside' },
    [access.target, system],
  );
  run.note('rebooted cleanly from inside');
  return sentAtMs;
}

/** Sends the one hard reset of this attempt and waits until the provider has issued it. */
export async function hardReset(
  run: ServerRun,
  access: ServerAccess,
  watermark: number,
): Promise<number> {
  const attempt = run.record.entry?.attempt ?? 1;
  const { task, sentAtMs } = await resetting.hardReset.executeWithOptions(
    { summary: attempt === 1 ? 'hard reset' : `hard reset, attempt ${attempt}` },
    [access.target, watermark, run.pace],
  );
  if (task === null) {
    run.note('hard reset sent; the provider tells nothing about it');
    return sentAtMs;
  }
  const { taskId } = task;
  run.note(`hard reset sent as task ${taskId}`);
  await waiting.waitForTask.executeWithOptions({ summary: `wait for task ${taskId}` }, [
    access.target,
    { taskId, sentAtMs },
    run.pace,
  ]);
  run.note(`task ${taskId} done`);
  return sentAtMs;
}

/** Adds a proven system to what the run has seen boot. */
export function remember(run: ServerRun, boots: Boots, system: System): void {
  if (!boots.ids.includes(system.bootId)) {
    boots.ids.push(system.bootId);
    boots.waitedMs += system.waitedMs;
    bootSeen(system);
  }
  boots.last = system;
  boots.known = true;
  boots.underWay = null;
  run.answers(system);
}

/** Nothing proven about a boot holds for the next one. */
export function forget(run: ServerRun, boots: Boots): void {
  boots.last = null;
  boots.known = false;
  run.answers(null);
}

/** `15s` for the timeline. */
export function seconds(durationMs: number): string {
  return `${Math.round(durationMs / 1000)}s`;
}
