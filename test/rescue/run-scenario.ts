import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';

import type { WorkflowHandle } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker, type WorkflowBundle } from '@temporalio/worker';

import { runWorkflowTypes } from '../../src/contract.ts';
import type { RunStatus } from '../../src/run/status.ts';
import { until } from '../until.ts';
import { status } from '../workflow/field-runs.ts';
import { RescueField, resetIntervalMs } from './field.ts';
import type { Ends, RescueScenario } from './scenario.ts';

/** What came of one scenario. */
export type ScenarioResult = {
  of: string;
  title: string;
  /** Why it did not end as it has to; null when it did. */
  wrong: string | null;
  /** The run at its end, as a person would be shown it. */
  end: RunStatus;
  /** How it ended, in words. */
  ended: string;
  seconds: number;
  doubleResets: number;
  resetsDuringIntervention: number;
  secretsSeen: number;
};

/** How long a run may take to come to its end here; the slowest take 15 s on two busy cores. */
const endsWithinMs = 90_000;

/** Where one scenario runs: its own addresses and its own task queue. */
export type Place = {
  env: TestWorkflowEnvironment;
  workflowBundle: WorkflowBundle;
  net: string;
  sshPort: number;
  /** What the worker has logged so far. */
  logged: readonly string[];
};

/** Plays one scenario with a real workflow, a real API and real SSH. */
export async function runScenario(
  scenario: RescueScenario,
  { env, workflowBundle, net, sshPort, logged }: Place,
): Promise<ScenarioResult> {
  const beganMs = performance.now();
  const field = await RescueField.start(net, sshPort);
  const taskQueue = `rescue-${randomUUID()}`;
  try {
    scenario.field?.(field);
    // The machine is up with what is on its disk before anybody asks for it.
    await field.server.reset('control');
    await until(() => field.machine.answersPings);
    const resetsBefore = field.server.boots.length;
    field.arm(...(scenario.faults ?? []));
    const worker = await Worker.create({
      connection: env.nativeConnection,
      ...{ taskQueue, workflowBundle, activities: field.activities },
      maxHeartbeatThrottleInterval: '200 ms',
    });
    return await worker.runUntil(async () => {
      const { ladder } = scenario;
      const handle = await env.client.workflow.start(runWorkflowTypes.provision, {
        ...{ taskQueue, workflowId: taskQueue },
        args: [field.request(ladder === undefined ? {} : { ladder })],
      });
      const meanwhile = scenario.meanwhile?.(field, handle) ?? Promise.resolve();
      const [, end] = await Promise.all([meanwhile, endOf(handle, scenario.ends)]);
      const resets = resetsOf(field, resetsBefore);
      const result = {
        ...{ of: scenario.of, title: scenario.title, ended: inWords(end), end },
        wrong: whatIsWrong(scenario, end, resets, field),
        seconds: Math.round((performance.now() - beganMs) / 100) / 10,
        doubleResets: doubleResets(field),
        resetsDuringIntervention: resetsDuringIntervention(field),
        secretsSeen: await secretsIn(handle, field, logged),
      };
      await handle.terminate('seen').catch(() => undefined);
      return result;
    });
  } finally {
    await field.stop();
  }
}

/** The run when it is over; or when it waits, where it has to. */
async function endOf(handle: WorkflowHandle, ends: Ends): Promise<RunStatus> {
  const settled = async (): Promise<boolean> => {
    const { state } = await status(handle);
    return state !== 'running' && (state !== 'waiting' || ends.kind === 'waits');
  };
  await until(settled, endsWithinMs, 200).catch(() => undefined);
  return status(handle);
}

function whatIsWrong(
  { ends, resets: wanted, holds }: RescueScenario,
  end: RunStatus,
  resets: number,
  field: RescueField,
): string | null {
  if (!endsAs(ends, end)) return `ended otherwise: ${told(end)}`;
  if (resets !== wanted) return `${resets} resets, expected ${wanted}`;
  return holds?.(field) === false ? 'what has to hold besides does not' : null;
}

function endsAs(ends: Ends, end: RunStatus): boolean {
  if (ends.kind === 'finished') return end.state === 'ready';
  if (ends.kind === 'refused') return end.state === 'refused' && ends.words.test(told(end));
  return end.attention?.kind === ends.attention && ends.words.test(told(end));
}

function inWords({ state, attention }: RunStatus): string {
  return attention === undefined ? state : `waits (${attention.kind}): ${attention.title}`;
}

/** All that a person is told at the end. */
function told({ state, attention, ending, timeline }: RunStatus): string {
  const commands = attention?.actions.map(({ command }) => command) ?? [];
  const words = [attention?.title, ...(attention?.detail ?? []), ...commands, ending];
  const notes = timeline.flatMap((entry) => entry.notes);
  return [state, ...words, ...notes].filter((line) => line !== undefined).join('\n');
}

/** Hard resets by the provider that the machine has had: a reboot from inside is none. */
function resetsOf(field: RescueField, before: number): number {
  return field.server.boots.slice(before).filter(({ cause }) => cause.startsWith('task')).length;
}

/** Resets that were sent while the last one was under way, or sooner after it than allowed. */
function doubleResets(field: RescueField): number {
  const sent = field.calls().filter(isReset);
  return sent.filter(({ at, status: code }, index) => {
    const before = sent[index - 1];
    const tooSoon =
      before !== undefined &&
      before.status !== 503 &&
      Date.parse(at) - Date.parse(before.at) < resetIntervalMs / 2;
    return code === 400 || tooSoon;
  }).length;
}

function isReset({ method, path }: { method: string; path: string }): boolean {
  return method === 'POST' && path.endsWith('/reboot');
}

function resetsDuringIntervention(field: RescueField): number {
  return field.calls().filter((call) => {
    const atMs = Date.parse(call.at);
    const during = field.server.visits.some(
      ({ sentAtMs, leftAtMs }) => atMs >= sentAtMs && atMs < (leftAtMs ?? Infinity),
    );
    return isReset(call) && during;
  }).length;
}

/** How many of the passwords of this machine are in what is kept of the run, or on a command line. */
async function secretsIn(
  handle: WorkflowHandle,
  field: RescueField,
  logged: readonly string[],
): Promise<number> {
  const { events } = await handle.fetchHistory();
  const payloads = JSON.stringify(events, (_, value: unknown) =>
    isBytes(value) ? Buffer.from(value.data).toString('latin1') : value,
  );
  const processes = execFileSync('ps', ['-ewwo', 'args'], { encoding: 'utf8' });
  const kept = [payloads, ...logged, processes].join('\n');
  return field.passwords.filter((password) => kept.includes(password)).length;
}

function isBytes(value: unknown): value is { type: 'Buffer'; data: number[] } {
  return typeof value === 'object' && value !== null && 'type' in value && value.type === 'Buffer';
}
