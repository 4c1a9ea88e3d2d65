import {
  ApplicationFailure,
  condition,
  defineQuery,
  defineUpdate,
  proxyActivities,
  setHandler,
} from '@temporalio/workflow';

import { messages } from '../../src/contract.ts';
import type {
  AbortArgs,
  Accepted,
  ApproveArgs,
  ProvisionRequest,
  ResumeArgs,
} from '../../src/contract.ts';
import type { RunStatus } from '../../src/run/status.ts';

const { work } = proxyActivities<{ work(server: string): Promise<void> }>({
  startToCloseTimeout: '5 minutes',
  heartbeatTimeout: '10 seconds',
  cancellationType: 'ABANDON',
  retry: { initialInterval: '100 milliseconds' },
});

/** A tiny run with the messages of a real one: it works, then waits for approval, then is ready. */
export async function provisionServer(request: ProvisionRequest): Promise<string> {
  const { spec, by } = request;
  const now = () => new Date().toISOString();
  const status: RunStatus = {
    kind: 'provision',
    by,
    server: spec.server,
    provider: spec.provider.kind,
    service: spec.provider.service,
    startedAt: now(),
    sshPort: 22,
    headline: 'a stand-in',
    state: 'running',
    timeline: [{ phase: 'install', attempt: 1, state: 'running', startedAt: now(), notes: [] }],
  };
  let approved = false;
  let aborted: AbortArgs | undefined;
  const accepted: Accepted = { phase: 'install', message: 'goes on' };
  setHandler(defineQuery<RunStatus>(messages.status), () => status);
  setHandler(
    defineUpdate<Accepted, [ApproveArgs]>(messages.approve),
    () => {
      approved = true;
      return accepted;
    },
    {
      validator: ({ wipe }) => {
        if (wipe !== 'SERIAL:7c1e90') throw ApplicationFailure.nonRetryable('write SERIAL:7c1e90');
      },
    },
  );
  setHandler(defineUpdate<Accepted, [ResumeArgs]>(messages.resume), () => accepted);
  setHandler(defineUpdate<Accepted, [AbortArgs]>(messages.abort), (args) => {
    aborted = args;
    return { ...accepted, message: 'stops' };
  });
  await Promise.race([work(spec.server), condition(() => approved || aborted !== undefined)]);
  if (aborted !== undefined) {
    status.state = 'aborted';
    status.ending = `Stopped by ${aborted.by}: ${aborted.reason}.`;
    throw ApplicationFailure.nonRetryable(status.ending, 'Aborted');
  }
  status.state = 'ready';
  return spec.server;
}
