import { randomUUID } from 'node:crypto';

import type { Field } from '../field.ts';
import type { LabServer } from '../lab-server.ts';
import type { Fault, Faults } from '../scenario.ts';
import type { Visit } from '../server-record.ts';
import { badRequest, noSuchObject, OvhRefusal } from './errors.ts';
import type { Netboot } from './netboots.ts';
import {
  availabilities,
  dedicatedServer,
  hardwareSpecification,
  ongoing,
  serviceInfos,
  shownVisit,
} from './shapes.ts';
import { findTask, shownTask } from './tasks.ts';

/** What a handler works on. `server` is the one that {serviceName} names. */
export type RouteCall = {
  field: Field;
  faults: Faults;
  query: URLSearchParams;
  body: unknown;
  /** A numeric part of the path, by its name. Throws OvhRefusal 400 when it is none. */
  id: (name: string) => number;
  text: (name: string) => string;
  /** Throws OvhRefusal 404. */
  server: () => LabServer;
};

export type Route = {
  method: 'GET' | 'PUT' | 'POST';
  /** Below the base, as OVH writes it. */
  path: string;
  /** Open to everybody: needs no key and no signature. */
  open?: true;
  /** What is answered with 200. Throws OvhRefusal. */
  answer: (call: RouteCall) => unknown;
};

const account: Route[] = [
  {
    method: 'GET',
    path: '/auth/time',
    open: true,
    answer: ({ field }) => Math.floor(field.now() / 1000),
  },
  // Rescue mails are not imitated yet: the history of mails is empty.
  { method: 'GET', path: '/me/notification/email/history', answer: () => [] },
  {
    method: 'GET',
    path: '/me/notification/email/history/{id}',
    answer: ({ id }) => {
      throw noSuchObject('id', id('id'));
    },
  },
  {
    method: 'POST',
    path: '/secret/retrieve',
    open: true,
    answer: retrieveSecret,
  },
  {
    method: 'GET',
    path: '/dedicated/server/datacenter/availabilities',
    open: true,
    answer: ({ query }) => availabilities(query.get('planCode')),
  },
];

const server = '/dedicated/server/{serviceName}';

const serverObject: Route[] = [
  {
    method: 'GET',
    path: '/dedicated/server',
    answer: ({ field }) => field.servers.map(({ config }) => config.service),
  },
  {
    method: 'GET',
    path: server,
    answer: (call) => {
      const found = dedicatedServer(shown(call.server()));
      const blocked = struck(call, 'service-blocked');
      return blocked === null ? found : { ...found, state: blocked.state };
    },
  },
  {
    method: 'PUT',
    path: server,
    answer: (call) => {
      call.server().alter(call.body);
      return null;
    },
  },
  { method: 'POST', path: `${server}/authenticationSecret`, answer: authenticationSecret },
  {
    method: 'GET',
    path: `${server}/specifications/hardware`,
    answer: (call) => hardwareSpecification(shown(call.server())),
  },
  {
    method: 'GET',
    path: `${server}/serviceInfos`,
    answer: (call) => {
      const infos = serviceInfos(shown(call.server()), call.field.now());
      const blocked = struck(call, 'service-blocked');
      return blocked === null ? infos : { ...infos, status: blocked.status };
    },
  },
  {
    // How a contract is renewed is nothing that the lab imitates: it is taken and forgotten.
    method: 'PUT',
    path: `${server}/serviceInfos`,
    answer: (call) => {
      call.server();
      return null;
    },
  },
];

const boots: Route[] = [
  {
    method: 'GET',
    path: `${server}/boot`,
    answer: (call) => {
      call.server();
      const type = call.query.get('bootType');
      const noRescue = struck(call, 'no-rescue-netboot') !== null;
      return call.field.netboots
        .filter(({ target }) => !(noRescue && target === 'rescue'))
        .filter(({ bootType }) => type === null || bootType === type)
        .map(({ bootId }) => bootId);
    },
  },
  {
    method: 'GET',
    path: `${server}/boot/{bootId}`,
    answer: (call) => {
      const { bootId, bootType, kernel, description } = netboot(call);
      return { bootId, bootType, kernel, description };
    },
  },
  {
    method: 'GET',
    path: `${server}/boot/{bootId}/option`,
    answer: (call) => netboot(call).options.map(({ option }) => option),
  },
  {
    method: 'GET',
    path: `${server}/boot/{bootId}/option/{option}`,
    answer: (call) => {
      const name = call.text('option');
      const option = netboot(call).options.find((candidate) => candidate.option === name);
      if (option === undefined) throw noSuchObject('option', name);
      return option;
    },
  },
];

const tasks: Route[] = [
  {
    method: 'POST',
    path: `${server}/reboot`,
    answer: (call) => {
      const task = shownTask(call.server().orderReboot(call.field.nextTaskId()));
      return struck(call, 'task-without-id') === null ? task : { ...task, taskId: 0 };
    },
  },
  {
    method: 'GET',
    path: `${server}/task`,
    answer: (call) => {
      const [kind, status] = [call.query.get('function'), call.query.get('status')];
      return call
        .server()
        .tasks.filter((task) => kind === null || task.function === kind)
        .filter((task) => status === null || task.status === status)
        .map(({ taskId }) => taskId);
    },
  },
  { method: 'GET', path: `${server}/task/{taskId}`, answer: oneTask },
  {
    method: 'POST',
    path: `${server}/task/{taskId}/cancel`,
    answer: (call) => {
      call.server().cancel(call.id('taskId'));
      return null;
    },
  },
  {
    method: 'GET',
    path: `${server}/task/{taskId}/availableTimeslots`,
    answer: (call) => {
      findTask(call.server().tasks, call.id('taskId'));
      return [];
    },
  },
  {
    method: 'POST',
    path: `${server}/task/{taskId}/schedule`,
    answer: (call) => {
      const { taskId } = findTask(call.server().tasks, call.id('taskId'));
      throw badRequest(`Task ${taskId} does not need a schedule`);
    },
  },
];

/** Technicians: who is at work, and who was. None is planned in the lab. */
const interventions: Route[] = [
  { method: 'GET', path: `${server}/ongoing`, answer: (call) => ongoing(call.server()) },
  {
    method: 'GET',
    path: `${server}/intervention`,
    answer: (call) => over(call.server()).map(({ id }) => id),
  },
  {
    method: 'GET',
    path: `${server}/intervention/{interventionId}`,
    answer: (call) => {
      const visit = over(call.server()).find(({ id }) => id === call.id('interventionId'));
      return visit === undefined ? noIntervention(call) : shownVisit(visit);
    },
  },
  { method: 'GET', path: `${server}/plannedIntervention`, answer: noneOfServer },
  { method: 'GET', path: `${server}/plannedIntervention/{interventionId}`, answer: noIntervention },
];

/** Every call of the simulator. The first that matches counts. */
export const routes: Route[] = [...account, ...serverObject, ...boots, ...tasks, ...interventions];

/** The route of a call, with the named parts of its path; null when there is none. */
export function findRoute(
  method: string,
  path: string,
): { route: Route; parts: Record<string, string> } | null {
  for (const route of routes) {
    const parts = route.method === method ? partsOf(route.path, path) : null;
    if (parts !== null) return { route, parts };
  }
  return null;
}

function partsOf(pattern: string, path: string): Record<string, string> | null {
  const [wanted, found] = [pattern.split('/'), path.split('/')];
  if (wanted.length !== found.length) return null;
  const parts: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    const value = found[index] ?? '';
    const name = /^\{(\w+)\}$/.exec(part)?.[1];
    if (name !== undefined) parts[name] = decodeURIComponent(value);
    else if (part !== value) return null;
  }
  return parts;
}

function shown({ config, kind, power, settings }: LabServer) {
  const { service, number, address } = config;
  return { service, number, address, kind, power, settings };
}

function netboot(call: RouteCall): Netboot {
  call.server();
  const bootId = call.id('bootId');
  const found = call.field.netboots.find((candidate) => candidate.bootId === bootId);
  if (found === undefined) throw noSuchObject('bootId', bootId);
  return found;
}

function oneTask(call: RouteCall): unknown {
  const found = call.server();
  const task = findTask(found.tasks, call.id('taskId'));
  if (call.faults.strike('task-not-found', { server: found.config.name }) !== null) {
    throw noSuchObject('taskId', task.taskId);
  }
  return shownTask(task);
}

/** The password of a rescue that was booted without a key; what is answered is its secret's id. */
function authenticationSecret(call: RouteCall): unknown {
  const secret = call.server().rescueSecret;
  return secret === null ? [] : [{ type: 'SSH', user: 'root', password: secret.id, url: null }];
}

function retrieveSecret({ field, faults, body }: RouteCall): unknown {
  const id = typeof body === 'object' && body !== null && 'id' in body ? body.id : randomUUID();
  const secret = field.servers.find(({ rescueSecret }) => rescueSecret?.id === id)?.rescueSecret;
  if (!secret) throw new OvhRefusal(404, 'Secret not found', { class: 'Client::NotFound' });
  const server = field.servers.find(({ rescueSecret }) => rescueSecret === secret)?.config.name;
  const another = faults.strike('secret-of-another', { server }) !== null;
  const weekMs = 7 * 86_400_000;
  const password = another ? randomUUID() : secret.password;
  return { secret: password, expiration: new Date(field.now() + weekMs).toISOString() };
}

/** A fault of this kind at the server that the call names. */
function struck<K extends Fault['kind']>(call: RouteCall, kind: K) {
  return call.faults.strike(kind, { server: call.server().config.name });
}

function over({ visits }: LabServer): Visit[] {
  return visits.filter(({ leftAtMs }) => leftAtMs !== null);
}

function noneOfServer(call: RouteCall): unknown[] {
  call.server();
  return [];
}

function noIntervention(call: RouteCall): never {
  call.server();
  throw noSuchObject('interventionId', call.id('interventionId'));
}
