import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { describe, expect, it } from 'vitest';

import { answerSchema, misfits, openApiSchema } from './openapi-response.ts';
import type { OpenApi } from './openapi-response.ts';
import { findRoute, routes } from './routes.ts';
import { startTestField } from './test-field.ts';

/** OVH's own description. It lies beside the checkout where it is, and is never committed. */
const name = '../shared/ovh-api/dedicated-server.openapi.json';
const file = fileURLToPath(new URL(`../../${name}`, import.meta.url));
const api: OpenApi | null = existsSync(file)
  ? openApiSchema.parse(JSON.parse(readFileSync(file, 'utf8')))
  : null;

const operations = Object.entries(api?.paths ?? {}).flatMap(([path, methods]) =>
  Object.keys(methods).map((method) => ({ path, method: method.toUpperCase() })),
);

/** Calls whose answer is an error in the lab, where nothing of that kind ever is. */
const neverThere = new Set([
  'GET /dedicated/server/{serviceName}/intervention/{interventionId}',
  'GET /dedicated/server/{serviceName}/plannedIntervention/{interventionId}',
  'GET /dedicated/server/{serviceName}/boot/{bootId}/option/{option}',
  'GET /me/notification/email/history/{id}',
  'POST /dedicated/server/{serviceName}/task/{taskId}/schedule',
]);

describe.skipIf(api === null)(`answers fit ${name}`, () => {
  it('knows every call of the file', () => {
    const unknown = operations.filter(({ method, path }) => findRoute(method, path) === null);
    expect(unknown).toEqual([]);
    expect(operations.length).toBeGreaterThan(20);
  });

  it.each(operations)('$method $path', async ({ method, path }) => {
    await using at = await startTestField('core1:KS-2a,core2:KS-2d,core3:KS-5n');
    const own = `/dedicated/server/${at.service}`;
    // A password is offered in a rescue without a key; a task of each state of a reboot's life.
    await at.call('PUT', own, { bootId: 230_242 });
    await at.call('POST', `${own}/reboot`);
    await at.pass(6_000);
    const busy = at.field.servers[1]?.config.service ?? '';
    await at.call('POST', `/dedicated/server/${busy}/reboot`);
    let good = 0;
    for (const { service } of at.field.servers.map(({ config }) => config)) {
      const taskId = service === busy ? '8124' : '8123';
      const answer = await at.call(method, filled(path, service, taskId), bodyOf(method, path));
      expect(answer.headers.get('x-ovh-queryid')).toBeTruthy();
      if (answer.status === 200) expect(check(method, path, answer.json)).toEqual([]);
      else expect(answer.json).toMatchObject({ message: expect.any(String) });
      good += answer.status === 200 ? 1 : 0;
    }
    expect(good > 0).toBe(!neverThere.has(`${method} ${path}`));
  });

  it('would notice a value that does not fit', () => {
    expect(check('GET', '/dedicated/server', [1])).toEqual(['$[0]: 1 is no string']);
    const task = '/dedicated/server/{serviceName}/task/{taskId}';
    const found = check('GET', task, { taskId: 'x', status: 'perhaps', extra: 1 });
    expect(found).toContain('$.taskId: "x" is no integer');
    expect(found).toContain('$.extra: not in the file');
    expect(found).toContain('$.startDate: missing');
    expect(found.join()).toContain('"perhaps" is not one of');
  });
});

function check(method: string, path: string, value: unknown): string[] {
  if (api === null) return [];
  const schema = answerSchema(api, path, method);
  if (schema !== null) return misfits(api, schema, value);
  return value === null ? [] : ['$: answers nothing'];
}

function filled(path: string, service: string, taskId: string): string {
  const known: Record<string, string> = { serviceName: service, taskId, bootId: '230242' };
  const query = path.endsWith('/availableTimeslots') ? '?periodStart=a&periodEnd=b' : '';
  return path.replaceAll(/\{(\w+)\}/g, (_, part: string) => known[part] ?? '1') + query;
}

function bodyOf(method: string, path: string): object | undefined {
  return method === 'PUT' ? (path.endsWith('serviceInfos') ? { renew: null } : {}) : undefined;
}

describe('routes', () => {
  it('every route is found by its own path, so none hides another', () => {
    for (const route of routes) {
      expect(findRoute(route.method, route.path)?.route).toBe(route);
    }
  });
});
