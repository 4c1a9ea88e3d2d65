import { cancellationSignal } from '@temporalio/activity';

import { ProviderOutcomeUnknown } from '../providers/provider-error.ts';
import type { ProviderTask } from '../providers/provider.ts';
import type { Pace } from '../run/pace.ts';
import type { RunTarget } from '../run/plan.ts';
import type { Dependencies } from './dependencies.ts';
import { notYet } from './not-yet.ts';
import { ResetTaskFailed } from './run-errors.ts';

/** The hard reset, the one thing that must not be sent twice. */
export function createResetActivities(dependencies: Dependencies) {
  return {
    /**
     * Sends one hard reset. Idempotent: a reset newer than the watermark is this one, sent by an
     * earlier attempt whose answer was lost.
     */
    async hardReset(
      target: RunTarget,
      watermark: number,
    ): Promise<{ task: ProviderTask; sentAtMs: number }> {
      const provider = await dependencies.provider(target.provider);
      const signal = cancellationSignal();
      const earlier = await provider.findReset(watermark, signal);
      if (earlier !== null) return { task: earlier, sentAtMs: Date.now() };
      const sentAtMs = Date.now();
      try {
        return { task: await provider.hardReset(signal), sentAtMs };
      } catch (error) {
        if (!(error instanceof ProviderOutcomeUnknown)) throw error;
        const task = await provider.findReset(watermark, signal);
        if (task === null) throw error;
        return { task, sentAtMs };
      }
    },

    /** Waits for the provider's task. `done` means only that the reset was issued (invariant 5). */
    async waitForTask(
      target: RunTarget,
      { taskId, sentAtMs }: { taskId: number; sentAtMs: number },
      pace: Pace,
    ): Promise<ProviderTask> {
      const provider = await dependencies.provider(target.provider);
      const task = await provider.task(taskId, cancellationSignal(), sentAtMs);
      if (task.state === 'pending') {
        throw notYet(`task ${taskId} is ${task.providerState}`, pace.pollMs);
      }
      if (task.state === 'failed') {
        throw new ResetTaskFailed(
          `The provider's task ${taskId} for ${target.server} ended as ${task.providerState}` +
            `${task.comment === null ? '' : ` (${task.comment})`}. Nothing more was sent. ` +
            `Look at the server in the provider's panel, then resume.`,
        );
      }
      return task;
    },
  };
}
