import type { ServerAccess, System } from '../run/plan.ts';
import { quick, waiting } from './activity-options.ts';
import { rebooted } from './failure-policy.ts';
import { parkForFirstBoot } from './first-boot-silent.ts';
import { type Boots, forget, remember, seconds } from './boots.ts';
import { phaseFailure } from './phase-failure.ts';
import { askWhoAnswers } from './rescue-session.ts';
import type { ServerRun } from './server-run.ts';

/**
 * Does `work` in the installed system, which is booted first when rescue runs. When the system is
 * rebooted under it (a first boot may do so itself), the run waits for it and begins `work` again.
 */
export async function inInstalled<T>(
  run: ServerRun,
  access: ServerAccess,
  boots: Boots,
  work: (system: System) => Promise<T>,
): Promise<T> {
  for (;;) {
    const { last } = boots;
    const system = last?.kind === 'installed' ? last : await bootDisk(run, access, boots);
    try {
      return await work(system);
    } catch (error) {
      if (phaseFailure(error)?.type !== rebooted) throw error;
      forget(run, boots);
      run.note('the system was rebooted; waiting for it');
    }
  }
}

/**
 * From rescue to the installed system: disk armed, clean reboot, and the proof that the system
 * behind the pinned host key came up in a new boot.
 */
async function bootDisk(run: ServerRun, access: ServerAccess, boots: Boots): Promise<System> {
  const system = await run.phase(
    'boot',
    () => leaveRescue(run, access, boots),
    (found) => `answers with its own host key after ${seconds(found.waitedMs)}`,
    (failure) => parkForFirstBoot(run, access, boots, failure),
  );
  remember(run, boots, system);
  return system;
}

async function leaveRescue(run: ServerRun, access: ServerAccess, boots: Boots): Promise<System> {
  const { target } = access;
  await quick.armDisk.executeWithOptions({ summary: 'arm disk for the next boot' }, [target]);
  if (!boots.known) await askWhoAnswers(run, access, boots, true);
  const rescue = boots.last?.kind === 'rescue' ? boots.last : null;
  const sentAtMs =
    rescue === null
      ? Date.now()
      : (
          await quick.rebootFromInside.executeWithOptions({ summary: 'reboot to disk' }, [
            target,
            rescue,
          ])
        ).sentAtMs;
  forget(run, boots);
  boots.underWay = { to: 'disk', from: rescue };
  return waiting.waitForInstalled.executeWithOptions({ summary: 'wait for the installed system' }, [
    target,
    {
      sentAtMs,
      deadlineMs: run.pace.bootDeadlineMs,
      hostKey: access.keys.host,
      leavingHostKey: rescue?.hostKey ?? null,
      knownBootIds: boots.ids,
      pace: run.pace,
    },
  ]);
}
