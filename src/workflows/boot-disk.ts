import type { DiskAnswer } from '../activities/disk-answer.ts';
import type { BootDiskRequest } from '../contract.ts';
import type { ServerAccess, System } from '../run/plan.ts';
import { quick, waiting, working } from './activity-options.ts';
import { toItsEnd } from './ending.ts';
import { settingsBack } from './handover.ts';
import { lookFirst } from './look-first.ts';
import { type Boots, forget, noBoots, remember, seconds } from './boots.ts';
import { phaseFailure, RunEnds } from './phase-failure.ts';
import { askWhoAnswers } from './rescue-session.ts';
import { hardReset } from './resets.ts';
import { ServerRun } from './server-run.ts';

/** Boots the server from its disk and puts the provider's settings back: the way out of rescue. */
export async function bootDisk(request: BootDiskRequest): Promise<void> {
  const run = new ServerRun('boot-disk', request);
  const boots = noBoots();
  await toItsEnd(run, async (entered) => {
    let ours = false;
    const { access, snapshot } = await lookFirst(run, boots, async (found) => {
      ours = await checkDisks(run, found, boots, request.force ?? false);
    });
    entered({ access, snapshot, boots });
    const answer = await reboot(run, access, boots, ours);
    await run.phase(
      'handover',
      () => settingsBack(access, snapshot),
      () => "the provider's settings are back",
    );
    run.achieved(howItAnswers(request.server, answer));
  });
}

/**
 * Ends the run when rescue says that the disks must not boot (invariant 3), unless a person insists.
 * Is a system of ours on them? A system that runs from disk has answered that by its host key.
 */
async function checkDisks(
  run: ServerRun,
  access: ServerAccess,
  boots: Boots,
  force: boolean,
): Promise<boolean> {
  if (boots.last?.kind !== 'rescue') return boots.last?.kind === 'installed';
  const seen = await inspect(run, access, boots, boots.last);
  if (seen.reasons.length === 0) return seen.ours;
  const why = seen.reasons.join('; ');
  if (!force) {
    const { server } = run.request;
    throw new RunEnds(
      'refused',
      `${server} must not boot from its disk: ${why}. It stays in rescue.\n` +
        `To finish what was begun:  ironstep resume ${server}\n` +
        `To boot it all the same:  ironstep boot disk ${server} --force`,
    );
  }
  run.note(`booted all the same, by --force: ${why}`);
  return seen.ours;
}

/** A job that an earlier run left behind is waited for: it may be what makes the disk bootable. */
async function inspect(run: ServerRun, access: ServerAccess, boots: Boots, rescue: System) {
  try {
    await working.finishJobs.executeWithOptions(
      { summary: 'wait for the jobs of an earlier run' },
      [access.target, rescue, run.pace],
    );
    return await quick.mayBoot.executeWithOptions({ summary: 'may the disks be booted' }, [
      access.target,
      rescue,
    ]);
  } catch (error) {
    if (phaseFailure(error)?.type !== 'ServerRebooted') throw error;
    forget(run, boots);
    run.note('the server was rebooted by something else; its disks were not looked at');
    return { reasons: [], ours: false };
  }
}

/** From whatever runs to the system on the disk, and to the proof of it as far as there is one. */
async function reboot(
  run: ServerRun,
  access: ServerAccess,
  boots: Boots,
  ours: boolean,
): Promise<DiskAnswer> {
  let again = false;
  const answer = await run.phase(
    'boot',
    async (): Promise<DiskAnswer> => {
      if (again) {
        // It may have come up by itself after all: then it is not rebooted once more.
        const system = await askWhoAnswers(run, access, boots, false);
        const up = system?.kind === 'installed' && !boots.ids.includes(system.bootId);
        if (up) return { kind: 'installed', system };
      }
      again = true;
      const before = boots.last;
      const sentAtMs = await leave(run, access, boots);
      return waiting.waitForDisk.executeWithOptions(
        { summary: 'wait for the system on the disk' },
        [
          access.target,
          {
            sentAtMs,
            deadlineMs: run.pace.bootDeadlineMs,
            hostKey: access.keys.host,
            leavingHostKey: before?.kind === 'rescue' ? before.hostKey : null,
            knownBootIds: boots.ids,
            ours,
            pace: run.pace,
          },
        ],
      );
    },
    answerInWords,
  );
  if (answer.kind === 'installed') remember(run, boots, answer.system);
  if (answer.kind === 'locked') {
    run.answers({ kind: 'installed', user: 'core', hostKey: access.keys.host });
  }
  return answer;
}

/** Arms the disk and reboots: cleanly from inside what knows us, else by a hard reset. */
async function leave(run: ServerRun, access: ServerAccess, boots: Boots): Promise<number> {
  const { target } = access;
  await quick.armDisk.executeWithOptions({ summary: 'arm disk for the next boot' }, [target]);
  const before = boots.last;
  if (before !== null && !boots.ids.includes(before.bootId)) boots.ids.push(before.bootId);
  forget(run, boots);
  boots.underWay = { to: 'disk', from: before };
  if (before === null) {
    run.note('nothing that knows us answers: the disks were not looked at');
    const watermark = await quick.latestTask.executeWithOptions(
      { summary: "the provider's newest task" },
      [target],
    );
    return hardReset(run, access, boots, watermark);
  }
  const { sentAtMs } = await quick.rebootFromInside.executeWithOptions(
    { summary: 'reboot to disk' },
    [target, before],
  );
  run.note('rebooted cleanly from inside');
  return sentAtMs;
}

/** What answered after the reboot, for the timeline. */
export function answerInWords(answer: DiskAnswer): string {
  switch (answer.kind) {
    case 'installed':
      return `answers with its own host key after ${seconds(answer.system.waitedMs)}`;
    case 'locked':
      return 'answers with its own host key, but takes no login of ironstep';
    case 'foreign':
      return `another system answers after ${seconds(answer.waitedMs)}: host key ${keyOf(answer)}`;
  }
}

function howItAnswers(server: string, answer: DiskAnswer): string[] {
  const back = "The provider's settings are as they were.";
  switch (answer.kind) {
    case 'installed':
      return [
        `${server} runs from its disk`,
        `It answers with its own host key. ${back}`,
        `To log in:  ironstep ssh ${server}`,
      ];
    case 'locked':
      return [
        `${server} runs from its disk, but takes no login of ironstep`,
        `It answers with its own host key. ${back}`,
        `To log in with a key of yours that it knows:  ironstep ssh ${server}`,
        `To let another key in:  ironstep add-key ${server} --key FILE.pub`,
      ];
    case 'foreign':
      return [
        `${server} runs a system from its disk that ironstep did not install`,
        `It answers with the host key ${keyOf(answer)}, of which nothing is known here: it was not ` +
          `pinned, so compare it before you log in. ${back}`,
      ];
  }
}

function keyOf({ hostKeyFingerprint }: Extract<DiskAnswer, { kind: 'foreign' }>): string {
  return hostKeyFingerprint ?? 'of another type than Ed25519';
}
