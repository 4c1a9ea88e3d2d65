import { LogTimestamp } from '@temporalio/worker';
import { describe, expect, it } from 'vitest';

import { Secret } from '../secrets/secret.ts';
import { LogLevelInvalid, workerLogger } from './logger.ts';

const labels = { server: 'core1', phase: 'rescue', attempt: 2 } as const;
const run = { ...labels, entry: 3 };

function logger(level?: string) {
  const written: string[] = [];
  const log = workerLogger({ write: (line) => written.push(line) }, level);
  const lines = () => written.map((line) => JSON.parse(line) as Record<string, unknown>);
  return { log, lines };
}

describe('a line about a run', () => {
  it('of a workflow or an activity has the same names', () => {
    const { log, lines } = logger();
    log.info('of a workflow', { workflowId: 'w', runId: 'r', run });
    log.warn('of an activity', { workflowId: 'w', workflowRunId: 'r', attempt: 7, run });
    const common = { workflowId: 'w', runId: 'r', ...labels };
    expect(lines()).toMatchObject([
      { level: 'info', msg: 'of a workflow', ...common },
      { level: 'warn', msg: 'of an activity', ...common, activityAttempt: 7 },
    ]);
  });

  it("of the SDK's own has what the run had last, and no other run's", () => {
    const { log, lines } = logger();
    log.info('began', { workflowId: 'w', runId: 'r', run });
    log.warn('from the native part', { run_id: 'r' });
    log.warn('of another run', { workflowRunId: 'other', attempt: 7 });
    expect(lines()[1]).toMatchObject({ runId: 'r', ...labels });
    expect(lines()[2]).toMatchObject({ runId: 'other', activityAttempt: 7 });
    expect(lines()[2]).not.toHaveProperty('phase');
    expect(lines()[2]).not.toHaveProperty('attempt');
  });

  it('never holds a task or its token, which let one answer for an activity', () => {
    const { log, lines } = logger();
    log.error('cannot', { runId: 'r', taskToken: 'TOKEN', task: '{"taskToken":"TOKEN"}' });
    expect(JSON.stringify(lines())).not.toContain('TOKEN');
  });
});

it('the time of a line is when it was logged, not when it was written', () => {
  const { log, lines } = logger();
  log.info('earlier', { [LogTimestamp]: 1_764_000_000_123_456_789n });
  expect(lines()[0]?.['time']).toBe('2025-11-24T16:00:00.123Z');
});

it('an error that quotes a secret is logged without it, with its cause', () => {
  const secret = new Secret('canary-in-a-cause');
  const cause = new Error(`refused with ${secret.reveal()}`);
  const { log, lines } = logger();
  log.error('failed', { error: new Error('could not', { cause }) });
  const [line] = lines();
  expect(line).toMatchObject({ error: { message: expect.stringContaining('could not') } });
  expect(JSON.stringify(line)).toContain('refused with [secret]');
});

it('lines below the level are left out, and a level that is none is refused', () => {
  const { log, lines } = logger('warn');
  log.info('less');
  log.warn('more');
  expect(lines().map(({ msg }) => msg)).toEqual(['more']);
  expect(() => logger('loud')).toThrow(LogLevelInvalid);
});
