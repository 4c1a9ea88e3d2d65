import { setTimeout as sleep } from 'node:timers/promises';

import { cancellationSignal } from '@temporalio/activity';

import type { Pace } from '../run/pace.ts';
import type { RunTarget, System } from '../run/plan.ts';
import { jobState } from '../ssh/job.ts';
import type { RemoteScripts } from '../ssh/scripts.ts';
import { beat } from './beat.ts';
import type { Dependencies } from './dependencies.ts';
import { openSystem } from './open-system.ts';

/** What an earlier run may have left running in a rescue session. */
export function createFinishJobsActivities(dependencies: Dependencies) {
  return {
    /**
     * Waits until no job of ours runs on the host, and returns the keys of those that did. A job
     * outlives the run that started it; only then the disks can be looked at. Read-only.
     */
    async finishJobs(target: RunTarget, rescue: System, pace: Pace): Promise<string[]> {
      await using open = await openSystem(dependencies, target, rescue);
      const seen = new Set<string>();
      for (;;) {
        const [first] = await runningJobs(open.scripts);
        if (first === undefined) return [...seen];
        const { key, attempt } = first;
        seen.add(key);
        const job = { key, attempt: Number(attempt), bootId: rescue.bootId };
        const state = attempt === '' ? null : await jobState(open.scripts, job);
        const progress = state?.kind === 'running' ? state.progress : null;
        beat(progress ?? { label: `${key} of an earlier run is still at work` });
        await sleep(pace.pollMs, undefined, { signal: cancellationSignal() });
      }
    },
  };
}

/** The jobs of ours that run on a host; an attempt is empty while it is not written down yet. */
export async function runningJobs(
  scripts: RemoteScripts,
): Promise<{ key: string; attempt: string }[]> {
  const { stdout } = await scripts.runOk('running-jobs', []);
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [key = '', attempt = ''] = line.split(' ');
      return { key, attempt };
    });
}
