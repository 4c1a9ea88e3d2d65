import type { WorkflowHandle } from '@temporalio/client';

import { messages } from '../../src/contract.ts';
import type { System } from '../../src/run/plan.ts';
import type { RunKind } from '../../src/run/status.ts';
import { until } from '../until.ts';
import type { FakeField } from '../workflow/fake-field.ts';
import { update, waiting } from '../workflow/field-runs.ts';

/** One way a run can go, for a recorded history. */
export type Scenario = {
  kind?: RunKind;
  request: object;
  /** What the field holds before the run begins. */
  field?: (field: FakeField) => void;
  /** What a person does; by default nothing. The history is taken when this is through. */
  person?: (handle: WorkflowHandle, field: FakeField) => Promise<void>;
};

export const by = 'ada@desk';
/** Through, whether well or not. */
export const ended = (handle: WorkflowHandle): Promise<void> =>
  handle.result().then(
    () => undefined,
    () => undefined,
  );

/** A person lets the run that waits go on. */
export const resume = async (handle: WorkflowHandle): Promise<void> => {
  await waiting(handle);
  await update(handle, messages.resume, { by });
  await ended(handle);
};

/** Errors of activities are known to a workflow by the name of their class. */
const failures = {
  HostWorkFailed: class HostWorkFailed extends Error {},
  NoSystemOfOurs: class NoSystemOfOurs extends Error {},
  ProviderAccessRefused: class ProviderAccessRefused extends Error {},
  PreflightRefused: class PreflightRefused extends Error {},
  ProviderBusy: class ProviderBusy extends Error {},
  RefusedOnHost: class RefusedOnHost extends Error {},
  ServerRebooted: class ServerRebooted extends Error {},
  ServerSilent: class ServerSilent extends Error {},
};

/** The next call of this activity fails in this way. */
export function failing(activity: string, name: keyof typeof failures): (field: FakeField) => void {
  return (field) => void field.failOnce.set(activity, new failures[name](`${activity} failed`));
}

/** Each call of this activity fails in this way. */
export function failingAlways(
  activity: string,
  name: keyof typeof failures,
): (field: FakeField) => void {
  return (field) => void field.failAlways.set(activity, new failures[name](`${activity} failed`));
}

/** Aborts while `activity` is at work; it ends when it is cancelled, or when it is let go. */
export function abortDuring(activity: string, finishes = false): Partial<Scenario> {
  let letGo = (): void => {};
  return {
    field: (field) =>
      void field.gates.set(activity, new Promise((resolve) => (letGo = () => resolve()))),
    person: async (handle, field) => {
      await until(() => field.calls.includes(activity));
      await update(handle, messages.abort, { by, reason: `during ${activity}` });
      if (finishes) letGo();
      await ended(handle);
    },
  };
}

/** A system of ours that answers before anything is rebooted. */
export const installed: System = {
  kind: 'installed',
  bootId: 'boot-0',
  hostKey: 'ssh-ed25519 AAAA',
  user: 'core',
  waitedMs: 0,
  kernel: '6.1.0',
};

/** Brings a run to where its history is taken. */
export async function play(
  scenario: Scenario,
  handle: WorkflowHandle,
  field: FakeField,
): Promise<void> {
  await (scenario.person ?? ended)(handle, field);
}
