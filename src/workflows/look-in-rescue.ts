import type { DiskAnswer } from '../activities/disk-answer.ts';
import { serverRequestOf, type LookRequest } from '../contract.ts';
import type { SettingsSnapshot } from '../providers/provider.ts';
import type { Plan, System } from '../run/plan.ts';
import { patient, quick, waiting } from './activity-options.ts';
import { answerInWords } from './boot-disk.ts';
import { toItsEnd } from './ending.ts';
import { rebooted } from './failure-policy.ts';
import { type Boots, forget, noBoots, remember } from './boots.ts';
import { phaseFailure, RunEnds } from './phase-failure.ts';
import { askWhoAnswers, inRescue } from './rescue-session.ts';
import { ServerRun } from './server-run.ts';

/**
 * `plan --rescue`: boots rescue, reads the disks, and goes back to what ran before. A rescue session
 * that is up already is looked into as it is, and nothing is changed.
 */
export async function lookInRescue(request: LookRequest): Promise<void> {
  const run = new ServerRun('look', serverRequestOf(request));
  const boots = noBoots();
  const { server } = request.spec;
  await toItsEnd(run, async (entered) => {
    const { plan, session, snapshot } = await preflight(run, request, boots);
    if (session !== null) {
      await lookInto(run, plan, session);
      run.achieved([`${server} was looked at in the rescue session that was up`, nothingChanged]);
      return;
    }
    entered({ access: plan, snapshot, boots });
    const bootable = await inRescue(run, plan, boots, async (rescue) => {
      await look(run, plan, { kind: 'rescue-left', system: rescue });
      return mayLeave(run, plan, rescue);
    });
    const answer =
      bootable === null ? null : await goBack(run, plan, { boots, snapshot, bootable });
    await run.phase(
      'handover',
      async () => {
        await quick.restoreSettings.executeWithOptions({ summary: 'put the settings back' }, [
          plan.target,
          snapshot,
        ]);
        await quick.restoreMonitoring.executeWithOptions({ summary: 'put monitoring back' }, [
          plan.target,
          snapshot,
        ]);
      },
      () => "the provider's settings are as they were",
    );
    run.achieved([`${server} was looked at`, `${whereItIs(answer)} ${nothingChanged}`]);
  });
}

const nothingChanged = 'Nothing was written to its disks; its settings are as they were.';

/** What the look begins with: a rescue session that was up, or settings to be put back. */
type Before = { plan: Plan } & (
  { session: System; snapshot: null } | { session: null; snapshot: SettingsSnapshot }
);

/** A rescue session that is up is not this run's to leave, and then there is nothing to save. */
async function preflight(run: ServerRun, request: LookRequest, boots: Boots): Promise<Before> {
  return run.phase(
    'preflight',
    async () => {
      const { plan } = await patient.preflight.executeWithOptions(
        { summary: 'look before anything' },
        [request],
      );
      run.reached(plan, plan.headline);
      const system = await askWhoAnswers(run, plan, boots, true);
      if (system?.kind === 'rescue') return { plan, session: system, snapshot: null };
      const { snapshot } = await quick.saveSettings.executeWithOptions(
        { summary: "save the provider's settings" },
        [plan.target],
      );
      return { plan, session: null, snapshot };
    },
    ({ plan }) => plan.summary,
  );
}

/** Into a session that this run did not boot, and will not boot again. */
async function lookInto(run: ServerRun, plan: Plan, session: System): Promise<void> {
  try {
    await look(run, plan, { kind: 'rescue', system: session });
  } catch (error) {
    if (phaseFailure(error)?.type !== rebooted) throw error;
    const { server } = plan.target;
    throw new RunEnds('refused', `${server} was rebooted by something else while it was read.`);
  }
}

async function look(
  run: ServerRun,
  plan: Plan,
  seen: { kind: 'rescue' | 'rescue-left'; system: System },
): Promise<void> {
  const described = await run.phase(
    'inspect',
    () => quick.describePlan.executeWithOptions({ summary: 'read the disks' }, [{ plan, seen }]),
    ({ disk }) => (disk === null ? 'the disks were not read' : `read ${disk.serial}`),
  );
  run.planned(described);
}

/** What may be booted from the disks, and whether it is ours; null: rescue has to stay up. */
async function mayLeave(
  run: ServerRun,
  { target }: Plan,
  rescue: System,
): Promise<{ ours: boolean } | null> {
  const { reasons, ours } = await quick.mayBoot.executeWithOptions(
    { summary: 'may the disks be booted' },
    [target, rescue],
  );
  if (reasons.length === 0) return { ours };
  run.oldSystem = false;
  run.note(`rescue stays up: ${reasons.join('; ')}`);
  return null;
}

type Left = { boots: Boots; snapshot: SettingsSnapshot; bootable: { ours: boolean } };

/** The boot target as it was, then the reboot, then whatever answers from the disk. */
async function goBack(
  run: ServerRun,
  plan: Plan,
  { boots, snapshot, bootable }: Left,
): Promise<DiskAnswer> {
  const rescue = boots.last;
  let sentAtMs: number | null = null;
  const answer = await run.phase(
    'boot',
    async () => {
      // Once it is sent, a resumed phase only waits again.
      sentAtMs ??= await leave(run, plan, { boots, snapshot, rescue });
      return waiting.waitForDisk.executeWithOptions(
        { summary: 'wait for the system on the disk' },
        [
          plan.target,
          {
            sentAtMs,
            deadlineMs: run.pace.bootDeadlineMs,
            hostKey: plan.keys.host,
            leavingHostKey: rescue?.hostKey ?? null,
            knownBootIds: boots.ids,
            ours: bootable.ours,
            pace: run.pace,
          },
        ],
      );
    },
    answerInWords,
  );
  if (answer.kind === 'installed') remember(run, boots, answer.system);
  else boots.underWay = null;
  return answer;
}

async function leave(
  run: ServerRun,
  { target }: Plan,
  { boots, snapshot, rescue }: { boots: Boots; snapshot: SettingsSnapshot; rescue: System | null },
): Promise<number> {
  await quick.restoreSettings.executeWithOptions({ summary: 'put the boot target back' }, [
    target,
    snapshot,
  ]);
  forget(run, boots);
  boots.underWay = { to: 'disk', from: rescue };
  if (rescue === null) return Date.now();
  const { sentAtMs } = await quick.rebootFromInside.executeWithOptions(
    { summary: 'back to the system on the disk' },
    [target, rescue],
  );
  return sentAtMs;
}

function whereItIs(answer: DiskAnswer | null): string {
  if (answer === null) return 'It still runs rescue: its disks hold nothing that may boot.';
  return answer.kind === 'foreign'
    ? 'Its old system runs again.'
    : 'The system that ironstep installed runs again.';
}
