import { setTimeout as sleep } from 'node:timers/promises';

import { settingsSchema } from '../../lab/ovh/server-state.ts';
import type { LabServerView } from '../../lab/server-view.ts';
import type { LiveStatus } from '../../src/client/live-status.ts';
import type { RunReference } from '../../src/client.ts';
import type { Scene } from './blows.ts';
import { Disturber } from './disturber.ts';
import { GuestWatch } from './guest.ts';
import { HostJournal } from './host-journal.ts';
import type { Lane } from './lane.ts';
import type { PlannedRun } from './plan.ts';
import type { RunResult, Strike } from './result.ts';
import { Reattachment } from './reattachment.ts';
import { RunWatch } from './run-watch.ts';

const lookMs = 500;
/** An undisturbed run takes a minute or two; one that is not over by then is stuck. */
const patienceMs = 20 * 60_000;
/** As a person would, so that one pause does not end the whole programme. */
const resumesMax = 3;

/** One run from an empty disk to its end, struck as planned. */
export async function disturbedRun(lane: Lane, planned: PlannedRun): Promise<RunResult> {
  const { instance, server, ssh, api, configFolder } = lane;
  const serial = await lane.emptyDisk();
  const before = await server.status();
  const beganAtMs = performance.now();
  const run = await instance.start(lane.spec(planned.apply, serial), { wipe: serial });
  const journal = new HostJournal();
  const reattachment = new Reattachment();
  const guest = new GuestWatch(lane.guestAccess, (job) => {
    journal.note(job);
    if (job.progress) disturber.hear({ kind: 'job', ...job.progress });
  });
  const scene: Scene = { instance, configFolder, server, ssh, guest };
  const disturber = new Disturber(scene, planned.strikes, (strike) => {
    reattachment.struck(strike);
    if (strike.kind === 'power-cut') journal.noteCut();
  });
  api.listener = (call) => disturber.hearHeld({ kind: 'call', call });
  const watch = await RunWatch.start(instance.dev, run.workflowId, (activity) => {
    disturber.hear({ kind: 'activity', name: activity.name });
    reattachment.see(activity);
  });
  try {
    const { status, askedForHelp } = await untilOver(lane, run);
    await disturber.end();
    const after = await server.status();
    const seen = { before, after, journal, status };
    return {
      apply: planned.apply,
      finished: status?.state === 'ready' && status.report?.ok === true,
      askedForHelp,
      planned: planned.strikes.length,
      strikes: disturber.done,
      seconds: Math.round((performance.now() - beganAtMs) / 1000),
      reattachedMs: reattachment.tookMs,
      ...judged(seen, disturber.done),
      story: storyOf(status),
    };
  } finally {
    await disturber.end();
    api.listener = null;
    await Promise.all([watch.end(), guest.end()]);
  }
}

type Seen = {
  before: LabServerView;
  after: LabServerView;
  journal: HostJournal;
  status: LiveStatus | null;
};

const settingNames = Object.keys(settingsSchema.shape) as (keyof LabServerView['settings'])[];

/** What must not have happened. */
function judged({ before, after, journal, status }: Seen, strikes: Strike[]) {
  const reported = status?.report?.jobs ?? [];
  const twice = reported.reduce((sum, { starts }) => sum + starts - 1, 0);
  const resets = after.tasks.length - before.tasks.length;
  const cut = strikes.some(({ kind }) => kind === 'power-cut');
  return {
    rescueBoots: journal.rescueBoots(after.boots.slice(before.boots.length)),
    jobsStartedTwice: Math.max(journal.startedTwice(), twice),
    resetsTwice: cut ? 0 : Math.max(0, resets - 1),
    settingsNotRestored: settingNames.filter(
      (name) => before.settings[name] !== after.settings[name],
    ),
  };
}

/** Follows the run as a person does, who resumes it when it asks for help. */
async function untilOver(
  { instance }: Lane,
  run: RunReference,
): Promise<{ status: LiveStatus | null; askedForHelp: string[] }> {
  const askedForHelp: string[] = [];
  const giveUpAtMs = performance.now() + patienceMs;
  let status: LiveStatus | null = null;
  while (performance.now() < giveUpAtMs && askedForHelp.length <= resumesMax) {
    // Temporal and the worker are among those that are killed.
    status = (await instance.runs.status(run).catch(() => null)) ?? status;
    if (status !== null && !['running', 'waiting'].includes(status.state)) break;
    if (status?.state === 'waiting') {
      askedForHelp.push(status.attention?.detail.join(' ') ?? '');
      const resumed = await instance.runs.resume(run, { by: 'chaos' }).catch(() => null);
      if (resumed === null) askedForHelp.pop();
    }
    await sleep(lookMs);
  }
  return { status, askedForHelp };
}

function storyOf(status: LiveStatus | null): string[] {
  if (status === null) return ['nothing was heard of the run'];
  const lines = status.timeline.map(({ phase, attempt, state, startedAt, notes, summary }) => {
    const words = [...notes, summary ?? ''].filter((text) => text !== '').join(' · ');
    return `${startedAt.slice(11, 19)} ${phase} ${attempt} ${state}  ${words}`;
  });
  return [...lines, status.lastFailure ?? '', status.ending ?? ''].filter((line) => line !== '');
}
