import { ProviderNotFound } from '../provider-error.ts';
import type { OvhClient } from './client.ts';
import { idsSchema, ongoingSchema, plannedInterventionSchema } from './schemas.ts';
import type { OvhPlannedIntervention, OvhServer, OvhService } from './schemas.ts';

/** A planned intervention that starts within this time is too near: a slow shrink takes hours. */
const tooNearMs = 6 * 3_600_000;

/**
 * Services that OVH may cut off while a run works. `pendingDebt` and `autorenewInProgress` run on,
 * and a server in state `error` is left to rescue to judge.
 */
const blockedService = new Map([
  ['expired', 'its service has expired'],
  ['unPaid', 'its service is not paid'],
  ['inCreation', 'its service is still being set up'],
]);

/** What forbids starting a run, in words. */
export async function readBlockers(
  client: OvhClient,
  at: { serverPath: string; service: string; nowMs: number },
  about: { server: OvhServer; contract: OvhService },
  signal?: AbortSignal,
): Promise<string[]> {
  const blocked = blockedService.get(about.contract.status ?? '');
  const state = about.server.state ?? '';
  return [
    ...(blocked === undefined ? [] : [`${blocked} (status ${about.contract.status})`]),
    ...(/^hacked/i.test(state) ? [`OVH blocked it for abuse (state ${state})`] : []),
    ...(await plannedInterventions(client, at, tooNearMs, signal)),
    ...(await ongoingWork(client, at, signal)),
  ];
}

/** Who is at work on the server at this moment, in words. */
export async function readInterventions(
  client: OvhClient,
  at: { serverPath: string; service: string; nowMs: number },
  signal?: AbortSignal,
): Promise<string[]> {
  return [
    ...(await plannedInterventions(client, at, 0, signal)),
    ...(await ongoingWork(client, at, signal)),
  ];
}

/** Those that are under way, or begin within `withinMs`. */
async function plannedInterventions(
  client: OvhClient,
  at: { serverPath: string; nowMs: number },
  withinMs: number,
  signal?: AbortSignal,
): Promise<string[]> {
  const path = `${at.serverPath}/plannedIntervention`;
  const ids = await client.get(path, idsSchema, signal);
  const all = await Promise.all(
    ids.map((id) => client.get(`${path}/${id}`, plannedInterventionSchema, signal)),
  );
  return all
    .filter((intervention) => beginsBy(intervention, at.nowMs + withinMs))
    .map(
      ({ id, status, wantedStartDate }) =>
        `intervention ${id} of a technician is ${status}, planned for ${wantedStartDate}`,
    );
}

function beginsBy(intervention: OvhPlannedIntervention, byMs: number): boolean {
  if (intervention.status === 'done') return false;
  if (intervention.status !== 'todo') return true;
  const startMs = Date.parse(intervention.wantedStartDate ?? '');
  return Number.isNaN(startMs) || startMs < byMs;
}

/** `ongoing` is marked beta, so an account without it is taken as one without ongoing work. */
async function ongoingWork(
  client: OvhClient,
  at: { serverPath: string; service: string; nowMs: number },
  signal?: AbortSignal,
): Promise<string[]> {
  try {
    const entries = await client.get(`${at.serverPath}/ongoing`, ongoingSchema, signal);
    return entries
      .filter((entry) => entry.server === at.service)
      .filter((entry) => !(Date.parse(entry.todoDate ?? '') > at.nowMs))
      .map((entry) => `OVH is at work on it: ${entry.description ?? 'no description'}`);
  } catch (error) {
    if (error instanceof ProviderNotFound) return [];
    throw error;
  }
}
