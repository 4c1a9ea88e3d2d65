import { expect, it } from 'vitest';

import { RunRecord } from './run-record.ts';

function record(): RunRecord {
  let tick = 0;
  const now = (): string => new Date(Date.UTC(2026, 0, 1, 0, 0, tick++)).toISOString();
  const server = { server: 'core1', provider: 'ovh', service: 'ns1', sshPort: 22 };
  const start = { kind: 'provision', by: 'me@here', headline: 'x', ...server } as const;
  return new RunRecord(start, now);
}

it('counts a repeat after a failure as an attempt, a later visit as a new entry', () => {
  const run = record();
  run.begin('rescue');
  run.failed('silent', 'ServerSilent');
  run.begin('rescue');
  run.done();
  run.begin('boot');
  run.done();
  run.begin('rescue');
  expect(run.status.timeline.map(({ phase, attempt }) => [phase, attempt])).toEqual([
    ['rescue', 1],
    ['rescue', 2],
    ['boot', 1],
    ['rescue', 1],
  ]);
});

it('numbers attempts by when they began, so that those of all runs are in order', () => {
  const run = record();
  run.begin('install');
  const first = run.attemptAtMs;
  run.note('a note is no new attempt');
  expect(run.attemptAtMs).toBe(first);
  run.failed('the image ended too early', 'HostWorkFailed');
  run.begin('install');
  expect(run.attemptAtMs).toBeGreaterThan(first);
});

it('keeps the first and the newest notes of a phase, and bounds them', () => {
  const run = record();
  run.begin('rescue');
  for (let number = 0; number < 100; number += 1) run.note(`note ${number}`);
  const notes = run.entry?.notes ?? [];
  expect(notes.length).toBeLessThanOrEqual(24);
  expect(notes.at(0)).toBe('note 0');
  expect(notes.at(-1)).toBe('note 99');
});

it('waits for a person and goes on where it was', () => {
  const run = record();
  run.begin('approve');
  run.needsPerson({ kind: 'approval', title: 'yes?', detail: [], actions: [] });
  expect(run.status.state).toBe('waiting');
  expect(run.entry?.state).toBe('waiting');
  run.attentionOver();
  expect(run.status).toMatchObject({ state: 'running' });
  expect(run.status.attention).toBeUndefined();
  expect(run.entry?.state).toBe('running');
});
