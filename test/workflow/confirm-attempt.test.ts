import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';

import { activityInfo, Context } from '@temporalio/activity';
import { Client } from '@temporalio/client';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { createDataConverter } from '../../src/codec/data-converter.ts';
import { payloadKey } from '../../src/codec/payload-key.ts';
import { ensureTemporalCli } from '../../src/toolchain/temporal-cli.ts';
import { confirmAttempt } from '../../src/worker/confirm-attempt.ts';
import type { lateRiser } from '../fixtures/late-riser-workflow.ts';

/** A worker that was stopped before it sent a reset, and wakes up when another one took over. */
const dataConverter = createDataConverter([payloadKey(randomBytes(32))]);
let env: TestWorkflowEnvironment;

beforeAll(async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const { path } = await ensureTemporalCli();
  env = await TestWorkflowEnvironment.createLocal({
    server: { executable: { type: 'existing-path', path }, ip: '127.0.0.1' },
  });
});
afterAll(() => env?.teardown());

async function running<Result>(
  reset: () => Promise<string>,
  test: (client: Client) => Promise<Result>,
): Promise<Result> {
  const worker = await Worker.create({
    connection: env.nativeConnection,
    taskQueue: 'late-riser',
    workflowsPath: fileURLToPath(new URL('../fixtures/late-riser-workflow.ts', import.meta.url)),
    activities: { reset },
    dataConverter,
    maxHeartbeatThrottleInterval: '200 ms',
  });
  return worker.runUntil(test(new Client({ connection: env.connection, dataConverter })));
}

it('learns before it sends that its attempt no longer counts; its word reached the next', async () => {
  const heard: unknown[] = [];
  let wokenUp: Promise<string> | undefined;
  let takenOver = () => {};
  const second = new Promise<void>((resolve) => (takenOver = resolve));
  const reset = async (): Promise<string> => {
    if (activityInfo().attempt > 1) {
      heard.push(activityInfo().heartbeatDetails);
      takenOver();
      return 'second';
    }
    await confirmAttempt({ sends: 1, sendingAtMs: 7 });
    // No heartbeat from here on, as of a stopped process.
    wokenUp = second
      .then(() => confirmAttempt())
      .then(
        () => 'sent',
        (error: Error) => error.name,
      );
    return wokenUp;
  };
  const result = await running(reset, (client) =>
    client.workflow.execute<typeof lateRiser>('lateRiser', {
      taskQueue: 'late-riser',
      workflowId: 'takes-over',
    }),
  );
  expect(result).toBe('second');
  expect(heard).toEqual([{ sends: 1, sendingAtMs: 7 }]);
  await expect(wokenUp).resolves.toBe('ActivityNotFoundError');
});

it('a cancellation is learned before anything is sent, and ends the activity as cancelled', async () => {
  let sent = 0;
  let asked = () => {};
  const cancelled = new Promise<void>((resolve) => (asked = resolve));
  const beats = new Set<NodeJS.Timeout>();
  const reset = async (): Promise<string> => {
    const context = Context.current();
    beats.add(setInterval(() => context.heartbeat(), 100));
    await cancelled;
    await confirmAttempt();
    sent += 1;
    return 'sent';
  };
  const outcome = await running(reset, async (client) => {
    const options = { taskQueue: 'late-riser', workflowId: 'cancelled' };
    const handle = await client.workflow.start<typeof lateRiser>('lateRiser', options);
    await expect.poll(() => beats.size).toBe(1);
    await handle.cancel();
    await expect
      .poll(async () => {
        const { raw } = await handle.describe();
        return raw.pendingActivities?.[0]?.state;
      })
      .toBe(3);
    asked();
    await handle.result().catch(() => undefined);
    return (await handle.describe()).status.name;
  });
  for (const each of beats) clearInterval(each);
  expect(outcome).toBe('CANCELLED');
  expect(sent).toBe(0);
});
