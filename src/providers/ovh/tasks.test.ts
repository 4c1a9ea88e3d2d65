import { describe, expect, it } from 'vitest';

import { rent } from '../../../test/fake-ovh.ts';
import { ProviderOutcomeUnknown, ProviderUnavailable } from '../provider-error.ts';

describe('resets and tasks', () => {
  it('sends one hard reset and tells its task', async () => {
    await using rented = await rent();
    rented.ovh.overrides['POST …/reboot'] = () => ({
      json: { taskId: 11, function: 'hardReboot', status: 'init', startDate: null, tags: null },
    });
    expect(await rented.provider.hardReset(Infinity)).toEqual({
      taskId: 11,
      kind: 'hardReboot',
      state: 'pending',
      providerState: 'init',
      comment: null,
    });
  });

  it('a task 0 leaves the outcome open', async () => {
    await using rented = await rent();
    rented.ovh.overrides['POST …/reboot'] = () => ({ json: { taskId: 0, status: 'todo' } });
    await expect(rented.provider.hardReset(Infinity)).rejects.toThrow(ProviderOutcomeUnknown);
  });

  it('finds the reset that was made although its answer was lost', async () => {
    await using rented = await rent();
    rented.ovh.tasks = [
      { taskId: 5, function: 'hardReboot', status: 'done' },
      { taskId: 9, function: 'hardware_update', status: 'done' },
    ];
    const watermark = await rented.provider.latestTaskId();
    expect(watermark).toBe(9);
    expect(await rented.provider.findReset(watermark)).toBeNull();
    rented.ovh.overrides['POST …/reboot'] = () => {
      rented.ovh.tasks.push({ taskId: 12, function: 'hardReboot', status: 'doing' });
      return 'reset';
    };
    await expect(rented.provider.hardReset(Infinity)).rejects.toThrow(ProviderOutcomeUnknown);
    rented.ovh.tasks.push({ taskId: 13, function: 'reinstallServer', status: 'todo' });
    const found = await rented.provider.findReset(watermark);
    expect(found).toMatchObject({ taskId: 12, state: 'pending', providerState: 'doing' });
  });

  it('has watermark 0 on a server without tasks', async () => {
    await using rented = await rent();
    expect(await rented.provider.latestTaskId()).toBe(0);
    expect(await rented.provider.findReset(0)).toBeNull();
  });

  it.each([
    ['init', 'pending'],
    ['todo', 'pending'],
    ['doing', 'pending'],
    ['done', 'done'],
    ['cancelled', 'failed'],
    ['customerError', 'failed'],
    ['ovhError', 'failed'],
    ['aWordOfTomorrow', 'unknown'],
  ])('a task that is %s is %s', async (status, state) => {
    await using rented = await rent();
    rented.ovh.tasks = [{ taskId: 5, function: 'hardReboot', status, comment: 'why' }];
    expect(await rented.provider.task(5)).toMatchObject({
      state,
      providerState: status,
      comment: 'why',
    });
  });

  it('a task that is not found is pending while young or listed, else unknown', async () => {
    await using rented = await rent();
    const now = Date.now();
    expect((await rented.provider.task(5, undefined, now)).state).toBe('pending');
    expect((await rented.provider.task(5, undefined, now - 600_000)).state).toBe('unknown');
    expect((await rented.provider.task(5)).state).toBe('unknown');
    rented.ovh.tasks = [{ taskId: 5, function: 'hardReboot', status: 'todo' }];
    rented.ovh.overrides['GET …/task/5'] = () => ({ status: 404, json: { message: 'no such' } });
    expect((await rented.provider.task(5)).state).toBe('pending');
  });

  it('a task that answers 500 may be asked again', async () => {
    await using rented = await rent();
    rented.ovh.overrides['GET …/task/5'] = () => ({ status: 500, json: { message: 'oops' } });
    await expect(rented.provider.task(5)).rejects.toThrow(ProviderUnavailable);
  });
});
