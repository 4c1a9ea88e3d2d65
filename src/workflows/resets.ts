import type { ServerAccess, System } from '../run/plan.ts';
import { quick, resetting, waiting } from './activity-options.ts';
import type { Boots } from './boots.ts';
import type { ServerRun } from './server-run.ts';

/** Reboots a system that knows us, from inside. */
export async function rebootInstalled(
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

/** A reset or reboot that was sent; `task` is the provider's, when it tells. */
export type Sent = Awaited<ReturnType<typeof resetting.hardReset>>;

/** Sends one hard reset, never too soon after the last one, and waits until it is issued. */
export async function hardReset(
  run: ServerRun,
  access: ServerAccess,
  boots: Boots,
  watermark: number,
): Promise<number> {
  const sent = await sendReset(run, access, boots, watermark);
  await taskDone(run, access, sent);
  return sent.sentAtMs;
}

/** Sends one hard reset, as soon as the provider is at work no more and the last one is past. */
export async function sendReset(
  run: ServerRun,
  access: ServerAccess,
  boots: Boots,
  watermark: number,
): Promise<Sent> {
  const attempt = run.record.entry?.attempt ?? 1;
  const { lastResetMs } = boots;
  const notBeforeMs = lastResetMs === null ? 0 : lastResetMs + run.pace.resetIntervalMs;
  const sent = await resetting.hardReset.executeWithOptions(
    { summary: attempt === 1 ? 'hard reset' : `hard reset, attempt ${attempt}` },
    [access.target, watermark, run.pace, notBeforeMs],
  );
  boots.lastResetMs = sent.sentAtMs;
  run.note(
    sent.task === null
      ? 'hard reset sent; the provider tells nothing about it'
      : `hard reset sent as task ${sent.task.taskId}`,
  );
  return sent;
}

/** Waits until the provider says that it has issued the reset. */
export async function taskDone(
  run: ServerRun,
  access: ServerAccess,
  { task, sentAtMs }: Sent,
): Promise<void> {
  if (task === null) return;
  const { taskId } = task;
  await waiting.waitForTask.executeWithOptions({ summary: `wait for task ${taskId}` }, [
    access.target,
    { taskId, sentAtMs },
    run.pace,
  ]);
  run.note(`task ${taskId} done`);
}
