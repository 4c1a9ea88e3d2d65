import { z } from 'zod';

import { noSuchObject, OvhRefusal } from './errors.ts';

const taskStates = [
  'init',
  'todo',
  'doing',
  'done',
  'cancelled',
  'customerError',
  'ovhError',
] as const;

/** A task as it is kept; what the API shows of it is made by `shownTask`. */
export const taskSchema = z.strictObject({
  taskId: z.number().int().min(1),
  function: z.literal('hardReboot'),
  status: z.enum(taskStates),
  comment: z.string().nullable(),
  startMs: z.number(),
  updateMs: z.number(),
  doneMs: z.number().nullable(),
  /** The work of `doing` has been carried out: it must not be done a second time. */
  carriedOut: z.boolean(),
});

export type Task = z.output<typeof taskSchema>;

/** How long a task stays in each state. Real reboots took 1 to 3 minutes; the lab is quicker. */
export type TaskPace = { initMs: number; todoMs: number; doingMs: number };

export const labPace: TaskPace = { initMs: 500, todoMs: 1_500, doingMs: 2_000 };

export function newTask(taskId: number, nowMs: number): Task {
  return {
    taskId,
    function: 'hardReboot',
    status: 'init',
    comment: null,
    startMs: nowMs,
    updateMs: nowMs,
    doneMs: null,
    carriedOut: false,
  };
}

export function isPending(task: Task): boolean {
  return task.status === 'init' || task.status === 'todo' || task.status === 'doing';
}

/** The state a task is in at `nowMs`, given the one it is in; one step at a time, in order. */
export function advanceTask(task: Task, pace: TaskPace, nowMs: number): Task {
  const stayedMs = nowMs - task.updateMs;
  if (task.status === 'init' && stayedMs >= pace.initMs) return moved(task, 'todo', nowMs);
  if (task.status === 'todo' && stayedMs >= pace.todoMs) return moved(task, 'doing', nowMs);
  if (task.status === 'doing' && task.carriedOut && stayedMs >= pace.doingMs) {
    return { ...moved(task, 'done', nowMs), doneMs: nowMs };
  }
  return task;
}

function moved(task: Task, status: Task['status'], nowMs: number): Task {
  return { ...task, status, updateMs: nowMs };
}

/** Cancels a task that has not begun. Throws OvhRefusal when it cannot be cancelled any more. */
export function cancelTask(task: Task, nowMs: number): Task {
  if (task.status !== 'init' && task.status !== 'todo') {
    throw new OvhRefusal(409, `Task ${task.taskId} is ${task.status} and cannot be cancelled`, {
      class: 'Client::Conflict',
    });
  }
  return { ...moved(task, 'cancelled', nowMs), doneMs: nowMs };
}

/** What GET …/task/{taskId} shows. */
export function shownTask(task: Task): Record<string, unknown> {
  return {
    taskId: task.taskId,
    function: task.function,
    status: task.status,
    comment: task.comment,
    startDate: isoDate(task.startMs),
    lastUpdate: isoDate(task.updateMs),
    doneDate: task.doneMs === null ? null : isoDate(task.doneMs),
    needSchedule: false,
    note: null,
    plannedInterventionId: null,
    ticketReference: null,
    tags: null,
  };
}

/** The task with this id. Throws OvhRefusal 404. */
export function findTask(tasks: Task[], taskId: number): Task {
  const task = tasks.find((candidate) => candidate.taskId === taskId);
  if (task === undefined) throw noSuchObject('taskId', taskId);
  return task;
}

/** OVH writes dates with an offset and without milliseconds. */
function isoDate(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d{3}Z$/, '+00:00');
}
