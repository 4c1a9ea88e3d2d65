import type { UpdateDefinition } from '@temporalio/common';
import { ApplicationFailure, setHandler } from '@temporalio/workflow';

import type { Accepted } from '../contract.ts';
import type { Understood } from '../run/request-arguments.ts';

/** How a run takes one kind of request of a person. */
type Taken<Args> = {
  /** Shown by the Temporal UI where the Update is chosen. */
  description: string;
  read: (sent: readonly unknown[]) => Understood<Args>;
  /** Why the run does not take it now, in words for the person; null when it does. */
  refuses: (args: Args) => string | null;
  accept: (args: Args) => Accepted;
};

/**
 * Listens for a request that may have been typed by hand in the Temporal UI, where anything can be
 * sent. Whatever is not understood is refused before it enters the history: an error of another
 * class in a handler would fail the workflow task again and again, and with it the run.
 */
export function takeRequest<Args>(
  update: UpdateDefinition<Accepted, unknown[]>,
  { description, read, refuses, accept }: Taken<Args>,
): void {
  setHandler(update, (...sent) => accept(understood(read(sent))), {
    description,
    validator: (...sent) => {
      const refusal = refuses(understood(read(sent)));
      if (refusal !== null) throw notAccepted(refusal);
    },
  });
}

function understood<Args>(reading: Understood<Args>): Args {
  if (reading.kind === 'refused') throw notAccepted(reading.reason);
  return reading.args;
}

/** Its type is what codec/failure-converter.cjs leaves readable, for the Temporal UI. */
function notAccepted(reason: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(reason, 'NotAccepted');
}
