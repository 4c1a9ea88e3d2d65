import { describe, expect, it } from 'vitest';

import { advanceTask, cancelTask, findTask, newTask, shownTask } from './tasks.ts';

const pace = { initMs: 10, todoMs: 20, doingMs: 30 };

describe('a reboot task', () => {
  it('goes through init, todo, doing and done, each for its time', () => {
    let task = newTask(8123, 1_000);
    const at = (nowMs: number) => (task = advanceTask(task, pace, nowMs)).status;
    expect(at(1_009)).toBe('init');
    expect(at(1_010)).toBe('todo');
    expect(at(1_029)).toBe('todo');
    expect(at(1_030)).toBe('doing');
  });

  it('is not done before the machine was reset, however long that takes', () => {
    let task = { ...newTask(8123, 0), status: 'doing' as const, updateMs: 100 };
    expect(advanceTask(task, pace, 1e9)).toBe(task);
    task = { ...task, carriedOut: true };
    expect(advanceTask(task, pace, 129)).toBe(task);
    const done = advanceTask(task, pace, 130);
    expect(done).toMatchObject({ status: 'done', doneMs: 130 });
    expect(advanceTask(done, pace, 1e9)).toBe(done);
  });

  it('can be cancelled until it begins', () => {
    const task = newTask(8123, 0);
    expect(cancelTask(task, 5)).toMatchObject({ status: 'cancelled', doneMs: 5 });
    expect(advanceTask(cancelTask(task, 5), pace, 1e9).status).toBe('cancelled');
    expect(() => cancelTask({ ...task, status: 'doing' }, 5)).toThrow('cannot be cancelled');
  });

  it('is unknown by another id', () => {
    expect(() => findTask([newTask(8123, 0)], 0)).toThrow('(taskId = 0) does not exist');
  });

  it('shows dates as OVH writes them', () => {
    expect(shownTask(newTask(8123, 1_457_018_875_123))).toMatchObject({
      startDate: '2016-03-03T15:27:55+00:00',
      doneDate: null,
    });
  });
});
