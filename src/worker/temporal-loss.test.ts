import { setImmediate as turn } from 'node:timers/promises';

import type { Logger } from '@temporalio/worker';
import { beforeEach, expect, test, vi } from 'vitest';

import { explainedStart, tellLossOnce } from './temporal-loss.ts';

let lines: string[];
let answers: boolean;
let logger: Logger;

beforeEach(() => {
  lines = [];
  answers = false;
  const write = (level: string) => (message: string) => void lines.push(`${level} ${message}`);
  const loss = tellLossOnce(
    {
      log: (level, message) => write(level.toLowerCase())(message),
      trace: write('trace'),
      debug: write('debug'),
      info: write('info'),
      warn: write('warn'),
      error: write('error'),
    },
    'temporal:7233',
    turn,
  );
  loss.watch(() => (answers ? Promise.resolve() : Promise.reject(new Error('still away'))));
  ({ logger } = loss);
});

/** As the SDK 1.24 writes it for every poller at every try. */
function retry(call: string, times: number, message = 'tcp connect error'): void {
  const error =
    `Status { code: Unavailable, message: "${message}", source: Some(tonic::transport::Error(` +
    'Transport, ConnectError(ConnectError("tcp connect error", 127.0.0.1:7233)))) }';
  logger.warn(`gRPC call ${call} retried ${times} times`, { sdkComponent: 'core', error });
}

const shown = () => lines.filter((line) => !line.startsWith('debug '));

test('a lost Temporal is said once, with its reason, and so is its return', async () => {
  for (const times of [6, 7, 8]) {
    retry('poll_workflow_task_queue', times);
    retry('poll_activity_task_queue', times);
    await turn();
  }
  expect(shown()).toEqual([
    'warn Temporal at temporal:7233 does not do what it is asked: tcp connect error. The worker ' +
      'waits for it. Runs keep their place, and jobs on servers go on.',
  ]);
  answers = true;
  await vi.waitFor(() =>
    expect(shown()[1]).toMatch(/^info Temporal at temporal:7233 works again, \d+s after/),
  );
});

test('the next loss is told again, in the words of the server', async () => {
  retry('poll_workflow_task_queue', 6);
  answers = true;
  await vi.waitFor(() => expect(shown()).toHaveLength(2));
  answers = false;
  retry('record_activity_task_heartbeat', 6, 'no usable database connection found');
  expect(shown().at(-1)).toContain('asked: no usable database connection found. The worker waits');
});

test('a heartbeat that does not get through is a loss; one that is not wanted is none', () => {
  const heartbeat = (code: string, words: string) =>
    logger.warn(`Error when recording heartbeat: Status { code: ${code}, message: "${words}" }`);
  heartbeat('NotFound', 'activity is over');
  heartbeat('Unavailable', 'shard status unknown');
  expect(shown()[0]).toContain('code: NotFound');
  expect(shown()[1]).toContain('does not do what it is asked: shard status unknown. The worker');
  expect(shown()).toHaveLength(2);
});

test('a worker that cannot start for want of the database says so; other failures stay', () => {
  const status = 'Status { code: Unavailable, message: "no usable database connection found" }';
  const failure = new Error(
    `Namespace x was not found or otherwise could not be described: ${status}`,
  );
  const explained = explainedStart(failure, 'temporal:7233');
  expect(explained).toMatchObject({ name: 'TemporalNotWorking', cause: failure });
  expect((explained as Error).message).toContain('It says: no usable database connection found\n');
  const other = new Error('the workflow bundle does not load');
  expect(explainedStart(other, 'temporal:7233')).toBe(other);
});

test('every other line passes as it is', () => {
  logger.warn('gRPC call of mine', {});
  logger.error('bad');
  expect(lines).toEqual(['warn gRPC call of mine', 'error bad']);
});
