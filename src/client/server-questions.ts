import type { Client } from '@temporalio/client';

import { questionWorkflowTypes, serverWorkflowId } from '../contract.ts';
import type { AccessRequest, PlanRequest, SettingsRequest } from '../contract.ts';
import type { ServerAccess } from '../run/plan.ts';
import type { ServerPlan } from '../run/server-plan.ts';
import type { SettingsView } from '../run/settings-view.ts';
import type { ServerSpec } from '../spec/server-spec.ts';
import { NoSuchRun } from './client-errors.ts';
import type { Questions } from './questions.ts';
import { askWorker } from './worker-question.ts';

/** What a person asks about a server; whether a run has it is found out here. */
export type PlanQuestion = Omit<PlanRequest, 'runUnderWay'>;

/** What a run of a spec would do. Throws as `askWorker` does. */
export async function askPlan(
  client: Client,
  questions: Questions,
  question: PlanQuestion,
): Promise<ServerPlan> {
  const { server, provider } = question.spec;
  const request: PlanRequest = {
    ...question,
    runUnderWay: await hasOpenRun(client, questions, provider),
  };
  return askWorker<ServerPlan>(client, questions, {
    type: questionWorkflowTypes.plan,
    about: { server, provider: provider.kind, service: provider.service },
    request,
  });
}

/** The provider's settings of a server. Throws as `askWorker` does. */
export async function askSettings(
  client: Client,
  questions: Questions,
  { server, provider }: SettingsRequest,
): Promise<SettingsView> {
  const runUnderWay = await hasOpenRun(client, questions, provider);
  const answer = await askWorker<Omit<SettingsView, 'runUnderWay'>>(client, questions, {
    type: questionWorkflowTypes.settings,
    about: { server, provider: provider.kind, service: provider.service },
    request: { server, provider },
  });
  return { ...answer, runUnderWay };
}

/** Where the server is and which keys open it. Throws as `askWorker` does. */
export async function askAccess(
  client: Client,
  questions: Questions,
  request: AccessRequest,
): Promise<ServerAccess> {
  const { server, provider } = request;
  return askWorker<ServerAccess>(client, questions, {
    type: questionWorkflowTypes.access,
    about: { server, provider: provider.kind, service: provider.service },
    request,
  });
}

/** Asked of the run itself: the lists of Temporal are a moment behind. */
async function hasOpenRun(
  client: Client,
  questions: Questions,
  { kind, service }: ServerSpec['provider'],
): Promise<boolean> {
  const run = { server: service, workflowId: serverWorkflowId(kind, service) };
  try {
    const handle = client.workflow.getHandle(run.workflowId);
    const { status } = await questions.ask(() => handle.describe(), run);
    return status.name === 'RUNNING';
  } catch (error) {
    if (error instanceof NoSuchRun) return false;
    throw error;
  }
}
