import { ProviderNotFound } from '../provider-error.ts';
import type { ProviderTask } from '../provider.ts';
import type { OvhClient } from './client.ts';
import { idsSchema, taskSchema } from './schemas.ts';
import type { OvhTask } from './schemas.ts';

/** OVH's words for a task that is not over. */
const pendingStates = ['init', 'todo', 'doing'];
const failedStates = ['cancelled', 'customerError', 'ovhError'];

/** For so long a new task may answer 404: Terraform's OVH provider waits for it as long. */
const appearsWithinMs = 5 * 60_000;

/** OVH's task in our words. A state that ironstep does not know is `unknown`, never failed. */
export function taskOf(task: OvhTask): ProviderTask {
  const providerState = task.status ?? 'unknown';
  return {
    taskId: task.taskId,
    kind: task.function ?? 'unknown',
    state: stateOf(providerState),
    providerState,
    comment: task.comment ?? null,
  };
}

/**
 * One task. A 404 is no failure: a young task is not visible yet in its region, an old one was
 * purged after it was done. It is young while the list names it, or 5 minutes after `sentAtMs`.
 */
export async function readTask(
  client: OvhClient,
  serverPath: string,
  of: { taskId: number; sentAtMs: number | undefined },
  signal?: AbortSignal,
): Promise<ProviderTask> {
  try {
    return taskOf(await client.get(`${serverPath}/task/${of.taskId}`, taskSchema, signal));
  } catch (error) {
    if (!(error instanceof ProviderNotFound)) throw error;
    const young = of.sentAtMs !== undefined && Date.now() - of.sentAtMs < appearsWithinMs;
    const listed = await client.get(`${serverPath}/task`, idsSchema, signal);
    const state = young || listed.includes(of.taskId) ? 'pending' : 'unknown';
    return { taskId: of.taskId, kind: 'unknown', state, providerState: 'not found', comment: null };
  }
}

/** All tasks that are not over. */
export async function readPendingTasks(
  client: OvhClient,
  serverPath: string,
  signal?: AbortSignal,
): Promise<ProviderTask[]> {
  const lists = await Promise.all(
    pendingStates.map((state) =>
      client.get(`${serverPath}/task?status=${state}`, idsSchema, signal),
    ),
  );
  // A task may change its state between two of the lists.
  const ids = [...new Set(lists.flat())].sort((a, b) => a - b);
  const tasks = await Promise.all(
    ids.map((taskId) => readTask(client, serverPath, { taskId, sentAtMs: undefined }, signal)),
  );
  return tasks.filter((task) => task.state === 'pending');
}

function stateOf(providerState: string): ProviderTask['state'] {
  if (providerState === 'done') return 'done';
  if (pendingStates.includes(providerState)) return 'pending';
  return failedStates.includes(providerState) ? 'failed' : 'unknown';
}
