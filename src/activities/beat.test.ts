import { MockActivityEnvironment } from '@temporalio/testing';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import { deadlines } from '../run/deadlines.ts';
import { beat, beating } from './beat.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** What Temporal hears from an activity in the course of its work. */
function listening(work: () => Promise<void>, heartbeatDetails?: unknown) {
  const attempt = new MockActivityEnvironment({ heartbeatDetails });
  const heard: unknown[] = [];
  attempt.on('heartbeat', (details) => heard.push(details));
  const ended = attempt.run(beating({ work }).work);
  return { ended, heard };
}

it('an activity beats while it waits for something, and stops when it ends', async () => {
  let goOn = () => {};
  const { ended, heard } = listening(() => new Promise((resolve) => (goOn = resolve)));
  await vi.advanceTimersByTimeAsync(3 * deadlines.beatMs);
  expect(heard).toHaveLength(3);
  goOn();
  await ended;
  await vi.advanceTimersByTimeAsync(3 * deadlines.beatMs);
  expect(heard).toHaveLength(3);
});

it('repeats what was said last: at first the word of the attempt before', async () => {
  let goOn = () => {};
  const { ended, heard } = listening(
    async () => {
      await new Promise<void>((resolve) => (goOn = resolve));
      beat({ label: 'writing' });
      await new Promise<void>((resolve) => (goOn = resolve));
    },
    { label: 'earlier' },
  );
  await vi.advanceTimersByTimeAsync(deadlines.beatMs);
  goOn();
  await vi.advanceTimersByTimeAsync(deadlines.beatMs);
  goOn();
  await ended;
  expect(heard).toEqual([{ label: 'earlier' }, { label: 'writing' }, { label: 'writing' }]);
});
