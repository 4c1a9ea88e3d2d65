import { activityInfo, Context } from '@temporalio/activity';
import { ActivityCancelledError } from '@temporalio/client';

/**
 * Asks Temporal, over the wire, whether this attempt of the activity still counts, and leaves
 * `details` for the attempt after it. A worker that was stopped (SIGSTOP, a laptop's lid) and wakes
 * up late learns here that another attempt has taken over, before it changes anything. Unlike
 * `heartbeat`, which is sent some time later, it is answered.
 *
 * Throws ActivityNotFoundError when the attempt no longer counts, and the cancellation when one was
 * asked for.
 */
export async function confirmAttempt(details: unknown = activityInfo().heartbeatDetails) {
  const context = Context.current();
  try {
    await context.client.activity.heartbeat(activityInfo().taskToken, details);
  } catch (error) {
    if (!(error instanceof ActivityCancelledError)) throw error;
    // The worker learns of a cancellation by its own heartbeats; it then ends the activity as such.
    context.heartbeat(details);
    await context.cancelled;
  }
}
