import { startScriptedHttp } from './scripted-http.ts';
import type { Call, Reply, ScriptedHttp } from './scripted-http.ts';
import { openProvider } from '../src/providers/registry.ts';
import type { Provider } from '../src/providers/provider.ts';
import type { Account } from '../src/secrets/credentials.ts';
import { Secret } from '../src/secrets/secret.ts';

/** The service name of the one server that FakeOvh has. */
export const service = 'ns1.ip-127-0-77-1.eu';
const serverPath = `/dedicated/server/${service}`;

/** One server as OVH's API shows it; a test changes what it needs or answers a call itself. */
class FakeOvh {
  server: Record<string, unknown> = {
    ip: '127.0.77.1',
    datacenter: 'rbx8',
    state: 'ok',
    bootId: 1,
    bootScript: null,
    efiBootloaderPath: null,
    monitoring: true,
    noIntervention: false,
    rescueMail: 'me@example.org',
    rescueSshKey: null,
    aFieldOfTomorrow: { deep: true },
  };
  netboots: [number, string, string | null][] = [
    [1, 'harddisk', 'hd'],
    [203323, 'rescue', 'ipxe-shell'],
    [95083, 'power', 'poweroff'],
    [1122, 'rescue', 'rescue64-pro'],
    [230242, 'rescue', 'rescue12-customer'],
    [48000, 'rescue', 'WinPE'],
    [230999, 'rescue', 'rescue-of-tomorrow'],
  ];
  tasks: Record<string, unknown>[] = [];
  service: Record<string, unknown> = { status: 'ok', expiration: '2030-01-01' };
  plannedInterventions: Record<string, unknown>[] = [];
  ongoing: Record<string, unknown>[] = [];
  overrides: Record<string, (call: Call) => Reply> = {};
  onPut = (body: Record<string, unknown>): void => {
    Object.assign(this.server, body);
  };

  answer(call: Call): Reply {
    const url = new URL(call.path, 'http://test');
    const path = url.pathname.replace('/1.0', '').replace(serverPath, '…');
    const own = this.overrides[`${call.method} ${path}`];
    if (own !== undefined) return own(call);
    if (call.method === 'PUT' && path === '…') {
      this.onPut(JSON.parse(call.body) as Record<string, unknown>);
      return { json: null };
    }
    const found = this.#lookUp(path, url.searchParams);
    return found === undefined ? { status: 404, json: { message: 'no such' } } : { json: found };
  }

  #lookUp(path: string, query: URLSearchParams): unknown {
    if (path === '/auth/time') return Math.floor(Date.now() / 1000);
    if (path === '/dedicated/server') return [service];
    if (path === '…') return this.server;
    if (path === '…/serviceInfos') return this.service;
    if (path === '…/ongoing') return this.ongoing;
    if (path === '…/boot') {
      return this.netboots.filter(([, type]) => type === query.get('bootType')).map(([id]) => id);
    }
    if (path === '…/task') {
      return this.tasks.filter((task) => matches(task, query)).map((task) => task['taskId']);
    }
    if (path === '…/plannedIntervention') return this.plannedInterventions.map(({ id }) => id);
    const [, folder, id] = /^…\/(boot|task|plannedIntervention)\/(\d+)$/.exec(path) ?? [];
    if (folder === 'task') return this.tasks.find((task) => task['taskId'] === Number(id));
    if (folder === 'plannedIntervention') {
      return this.plannedInterventions.find((planned) => planned['id'] === Number(id));
    }
    const netboot = this.netboots.find(([bootId]) => bootId === Number(id));
    if (netboot === undefined) return undefined;
    const [bootId, bootType, kernel] = netboot;
    return { bootId, bootType, kernel, description: '', supportsUEFI: 'yes' };
  }
}

function matches(task: Record<string, unknown>, query: URLSearchParams): boolean {
  return [...query].every(([name, value]) => task[name] === value);
}

/** A fake server and the adapter that talks to it. `puts` are the bodies of all changes. */
export type Rented = AsyncDisposable & {
  ovh: FakeOvh;
  provider: Provider;
  calls: Call[];
  puts(): unknown[];
};

/** Starts a fake OVH with one server, and opens it. */
export async function rent(account: Partial<Account> = {}): Promise<Rented> {
  const ovh = new FakeOvh();
  const api: ScriptedHttp = await startScriptedHttp((call) => ovh.answer(call));
  const provider = openProvider(
    { kind: 'ovh', service, account: 'test' },
    {
      name: 'test',
      kind: 'ovh',
      endpoint: `${api.url}/1.0`,
      applicationKey: new Secret('example-key'),
      applicationSecret: new Secret('example-secret'),
      consumerKey: new Secret('example-consumer'),
      mailHistory: false,
      mailbox: null,
      ...account,
    },
  );
  return {
    ovh,
    provider,
    calls: api.calls,
    puts: () =>
      api.calls.filter(({ method }) => method === 'PUT').map(({ body }) => JSON.parse(body)),
    [Symbol.asyncDispose]: () => api[Symbol.asyncDispose](),
  };
}
