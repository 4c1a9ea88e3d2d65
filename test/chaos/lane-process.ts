import { once } from 'node:events';

import { disturbedRun } from './disturbed-run.ts';
import { Lane } from './lane.ts';
import type { PlannedRun } from './plan.ts';
import type { RunResult } from './result.ts';

/*
 * One lane in a process of its own, because an instance keeps its folders in the environment. It is
 * given one run after the other by its parent, and ends when the parent does.
 */

/** What a lane tells its parent. */
export type LaneMessage =
  { kind: 'ready' } | { kind: 'result'; result: RunResult } | { kind: 'broken'; message: string };

const [net = ''] = process.argv.slice(2);

function tell(message: LaneMessage): void {
  if (process.connected) process.send?.(message);
}

/** Ends when the parent is gone or has no more runs. Ctrl-C reaches us too: the parent decides. */
const parentGone = once(process, 'disconnect');
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => undefined);

try {
  const lane = await Lane.open(net);
  process.on('message', (planned: PlannedRun) => {
    disturbedRun(lane, planned).then(
      (result) => tell({ kind: 'result', result }),
      (error: unknown) => tell({ kind: 'broken', message: String((error as Error).stack) }),
    );
  });
  tell({ kind: 'ready' });
  await parentGone;
  // What is under way ends with its machine; nobody waits for its result.
  await lane.close();
} catch (error) {
  tell({ kind: 'broken', message: String((error as Error).stack) });
}
process.exit();
