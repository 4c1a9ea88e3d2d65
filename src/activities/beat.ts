import { activityInfo, Context } from '@temporalio/activity';

import { deadlines } from '../run/deadlines.ts';

/** What each running activity said last; repeated until it says something else. */
const said = new WeakMap<Context, unknown>();

/** Tells Temporal how far the activity is: progress for a person, or word for a later attempt. */
export function beat(details: unknown): void {
  const context = Context.current();
  said.set(context, details);
  context.heartbeat(details);
}

/**
 * Lets every activity beat for as long as it runs, so that a dead worker is noticed within
 * `deadlines.heartbeatMs` whatever it was doing, and a cancellation reaches it. A worker that is
 * stopped stops beating too.
 */
export function beating<Activities extends Record<string, Activity>>(
  activities: Activities,
): Activities {
  const wrapped = Object.entries(activities).map(([name, activity]) => [name, withBeats(activity)]);
  return Object.fromEntries(wrapped) as Activities;
}

type Activity = (...args: never[]) => Promise<unknown>;

function withBeats(activity: Activity): Activity {
  return async (...args) => {
    const context = Context.current();
    said.set(context, activityInfo().heartbeatDetails);
    const beats = setInterval(() => context.heartbeat(said.get(context)), deadlines.beatMs);
    try {
      return await activity(...args);
    } finally {
      clearInterval(beats);
    }
  };
}
