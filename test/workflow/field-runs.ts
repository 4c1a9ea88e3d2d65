import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';

import type { WorkflowHandle } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { bundleWorkflowCode, DefaultLogger, Worker, type WorkflowBundle } from '@temporalio/worker';

import { messages, runWorkflowTypes, type Accepted } from '../../src/contract.ts';
import type { Phase, RunKind, RunStatus } from '../../src/run/status.ts';
import { until } from '../until.ts';
import type { FakeField } from './fake-field.ts';
import { startLocalTemporal } from './local-temporal.ts';

/** Real workflows on a real Temporal server, over a field that is only a list of calls. */
export class FieldRuns {
  readonly env: TestWorkflowEnvironment;
  readonly #workflowBundle: WorkflowBundle;

  private constructor(env: TestWorkflowEnvironment, workflowBundle: WorkflowBundle) {
    this.env = env;
    this.#workflowBundle = workflowBundle;
  }

  static async start(): Promise<FieldRuns> {
    const env = await startLocalTemporal();
    const workflowsPath = fileURLToPath(new URL('../../src/workflows/index.ts', import.meta.url));
    return new FieldRuns(
      env,
      await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('ERROR') }),
    );
  }

  /** Starts one run over `field`, with a worker for as long as `test` goes. */
  async run(
    field: FakeField,
    request: object,
    test: (handle: WorkflowHandle) => Promise<void>,
    kind: RunKind = 'provision',
  ): Promise<void> {
    const taskQueue = `test-${randomUUID()}`;
    const worker = await Worker.create({
      connection: this.env.nativeConnection,
      taskQueue,
      workflowBundle: this.#workflowBundle,
      activities: field.activities,
      maxHeartbeatThrottleInterval: '200 ms',
    });
    await worker.runUntil(async () => {
      const handle = await this.env.client.workflow.start(runWorkflowTypes[kind], {
        taskQueue,
        workflowId: taskQueue,
        args: [request],
      });
      await test(handle);
    });
  }

  async stop(): Promise<void> {
    await this.env.teardown();
  }
}

/** What a person would see of the run. */
export function status(handle: WorkflowHandle): Promise<RunStatus> {
  return handle.query<RunStatus>(messages.status);
}

/** The run as soon as it waits for a person. */
export async function waiting(handle: WorkflowHandle): Promise<RunStatus> {
  await until(async () => (await status(handle)).attention !== undefined);
  return status(handle);
}

export async function update(
  handle: WorkflowHandle,
  name: string,
  args: object,
): Promise<Accepted> {
  return handle.executeUpdate<Accepted, [object]>(name, { args: [args] });
}

export function phasesOf({ timeline }: RunStatus): Phase[] {
  return timeline.map(({ phase }) => phase);
}
