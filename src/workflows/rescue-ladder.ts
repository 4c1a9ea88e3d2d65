import { patched } from '@temporalio/workflow';

import type { RescueWait } from '../activities/rescue.ts';
import { answeringInWords, rebootable } from '../run/answering.ts';
import { firstSentence } from '../run/first-sentence.ts';
import type { ServerAccess, System } from '../run/plan.ts';
import { rungInWords } from '../run/rungs.ts';
import type { Rung } from '../spec/rungs.ts';
import { quick, waiting } from './activity-options.ts';
import type { Boots } from './boots.ts';
import { lookAround } from './parked.ts';
import { LadderEnded, phaseFailure } from './phase-failure.ts';
import { rebootInstalled, sendReset, taskDone, type Sent } from './resets.ts';
import type { ServerRun } from './server-run.ts';

type Armed = Awaited<ReturnType<typeof quick.armRescue>>;

/** A climb: rescue is armed, and nothing was reset yet when it begins. */
type Climb = {
  run: ServerRun;
  access: ServerAccess;
  boots: Boots;
  wait: Omit<RescueWait, 'sentAtMs' | 'mailWatermark'>;
  /** The task watermark of the reset to come; null: to be asked for. */
  watermark: number | null;
  /** Rescue images that were armed, the last one now. */
  images: string[];
  /** A system that may be rebooted from inside, as far as it is known to answer. */
  rebootable: System | null;
};

/** What came of a rung; words when it was not tried, null when a person ended its wait. */
type Came = System | { why: string } | null;

/**
 * From an armed rescue to the rescue system that answers: the rungs of `rescue.ladder`, one after
 * the other. A rung that ends in silence leads to the next one; what else goes wrong ends the climb,
 * since no further reset mends it. Throws the failure of the last rung that was tried.
 */
export async function climb(
  run: ServerRun,
  access: ServerAccess,
  boots: Boots,
  foot: {
    before: System | null;
    armed: Armed;
    wait: Climb['wait'];
  },
): Promise<System> {
  const { armed, wait } = foot;
  boots.mailWatermark = armed.mailWatermark;
  const before = foot.before?.kind === 'installed' ? foot.before : null;
  const climbing: Climb = {
    ...{ run, access, boots, wait, watermark: armed.watermark, images: [armed.image] },
    rebootable: before,
  };
  boots.climbed = [];
  let failure: unknown = null;
  for (const rung of rungsFor(run, before)) {
    try {
      const came = await take[rung](climbing);
      if (came !== null && 'bootId' in came) return came;
      note(climbing, rung, came === null ? 'skipped by a person' : `not tried: ${came.why}`);
    } catch (error) {
      const failed = phaseFailure(error);
      // Runs from before the ladder stop at the first failure.
      if (failed === null || !patched('rescue-ladder')) throw error;
      const seen = await whatWasSeen(climbing);
      const silent = failed.type === 'ServerSilent';
      note(climbing, rung, silent ? seen : `${firstSentence(failed.message)} ${seen}`);
      if (!silent) throw error;
      failure = error;
    }
  }
  if (failure !== null) throw failure;
  await whatWasSeen(climbing);
  throw new LadderEnded(access.target.server, boots.climbed);
}

/** A system that knows us is asked to reboot itself before it is reset (invariant 10). */
function rungsFor(run: ServerRun, before: System | null): readonly Rung[] {
  const { ladder, asked } = run.person.takeLadder();
  const missing = before !== null && !asked && ladder[0] !== 'in-band-reboot';
  return missing ? ['in-band-reboot', ...ladder] : ladder;
}

/** A line in the timeline for what was tried, and in the explanation for the person. */
function note({ run, boots }: Climb, rung: Rung, came: string): void {
  const line = `${new Date().toISOString().slice(11, 16)}  ${rungInWords[rung]}: ${came}`;
  boots.climbed.push(line);
  if (!came.startsWith('not tried')) run.note(`${rungInWords[rung]}: ${came}`);
}

/** What each rung does. */
const take: Record<Rung, (climbing: Climb) => Promise<Came>> = {
  'in-band-reboot': async (climbing) => {
    const { run, access, boots, rebootable: system } = climbing;
    if (system === null) return { why: 'no system that knows us answers' };
    const bootedAfterMs = Date.now();
    boots.underWay = { to: 'rescue' };
    const sentAtMs = await rebootInstalled(run, access, system);
    return awaitRescue(climbing, { task: null, sentAtMs }, bootedAfterMs);
  },
  'hard-reset': resetToRescue,
  're-arm': async (climbing) => {
    const { target } = climbing.access;
    await quick.armDisk.executeWithOptions({ summary: 'arm disk, to write rescue anew' }, [target]);
    await arm(climbing, climbing.images.at(-1) ?? null);
    return resetToRescue(climbing);
  },
  'other-image': async (climbing) => {
    const { access, images } = climbing;
    const image = await quick.otherRescueImage.executeWithOptions(
      { summary: 'another rescue image of the provider' },
      [access.target, images],
    );
    if (image === null) return { why: `the provider offers none but ${images.join(', ')}` };
    await arm(climbing, image);
    climbing.run.note(`rescue image ${image} instead of ${images.at(-2)}`);
    return resetToRescue(climbing);
  },
};

async function arm(climbing: Climb, image: string | null): Promise<void> {
  const armed = await quick.armRescue.executeWithOptions({ summary: 'arm rescue once more' }, [
    climbing.access.target,
    image,
  ]);
  if (!climbing.images.includes(armed.image)) climbing.images.push(armed.image);
  climbing.watermark = armed.watermark;
  climbing.boots.mailWatermark = armed.mailWatermark;
}

async function resetToRescue(climbing: Climb): Promise<Came> {
  const { run, access, boots } = climbing;
  await rememberOldSystem(climbing);
  const watermark = climbing.watermark ?? (await latestTask(access));
  climbing.watermark = null;
  const bootedAfterMs = Date.now();
  boots.underWay = { to: 'rescue' };
  const sent = await sendReset(run, access, boots, watermark);
  return awaitRescue(climbing, sent, bootedAfterMs);
}

function latestTask({ target }: ServerAccess): Promise<number> {
  return quick.latestTask.executeWithOptions({ summary: "the provider's newest task" }, [target]);
}

/** Null: a person waits no longer for this boot. What was sent is not called back. */
function awaitRescue(
  { run, access, boots, wait }: Climb,
  sent: Sent,
  bootedAfterMs: number,
): Promise<System | null> {
  const { sentAtMs } = sent;
  const { giveUpAfter: giveUpAfterMs } = run.request.rescue;
  const { oldHostKey, mailWatermark } = boots;
  const known = { oldHostKey, ...(mailWatermark === undefined ? {} : { mailWatermark }) };
  return run.person.skippable(async () => {
    await taskDone(run, access, sent);
    return waiting.waitForRescue.executeWithOptions({ summary: 'wait for the rescue system' }, [
      access.target,
      { ...wait, ...known, sentAtMs, bootedAfterMs, giveUpAfterMs },
    ]);
  });
}

/** Before the first reset: by its host key the old system is known again afterwards. */
async function rememberOldSystem({ run, access, boots, rebootable: ours }: Climb): Promise<void> {
  if (ours !== null || boots.lastResetMs !== null || !patched('which-system-answers')) return;
  const { answering } = await lookAround(run, access, boots, 'before the reset');
  if (answering.kind === 'something-else') boots.oldHostKey = answering.hostKey;
}

/** After a rung that came to nothing: who answers instead, and what the provider says. */
async function whatWasSeen(climbing: Climb): Promise<string> {
  const { run, access, boots } = climbing;
  boots.seen = await lookAround(run, access, boots, 'instead');
  const { answering, provider } = boots.seen;
  climbing.rebootable = rebootable(answering);
  return [answeringInWords(answering), ...provider].join(' · ');
}
