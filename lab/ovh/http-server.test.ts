import { describe, expect, it } from 'vitest';

import { startTestField } from './test-field.ts';

const server = (service: string) => `/dedicated/server/${service}`;

describe('who may call', () => {
  it('tells the time to everybody, as a bare number', async () => {
    await using at = await startTestField();
    const response = await fetch(`${at.url}/auth/time`);
    expect(await response.text()).toBe(String(Math.floor(at.field.now() / 1000)));
  });

  it('answers a signed call, its query included', async () => {
    await using at = await startTestField();
    const list = await at.call('GET', '/dedicated/server');
    expect(list).toMatchObject({ status: 200, json: [at.service] });
    const boots = await at.call('GET', `${server(at.service)}/boot?bootType=rescue`);
    expect(boots.json).toEqual([203_323, 230_242]);
  });

  it.each([
    ['X-Ovh-Application', 'wrong', 403, 'INVALID_KEY'],
    ['X-Ovh-Consumer', 'wrong', 403, 'INVALID_CREDENTIAL'],
    ['X-Ovh-Consumer', '', 403, 'NOT_CREDENTIAL'],
    ['X-Ovh-Timestamp', '1', 403, 'INVALID_KEY'],
    ['X-Ovh-Signature', '$1$0', 400, 'INVALID_SIGNATURE'],
  ])('refuses %s "%s" with %i %s', async (header, value, status, errorCode) => {
    await using at = await startTestField();
    const answer = await at.call('GET', '/dedicated/server', undefined, { [header]: value });
    expect(answer.status).toBe(status);
    expect(answer.json).toMatchObject({ errorCode, message: expect.any(String) });
    expect(answer.headers.get('x-ovh-queryid')).toMatch(/^LAB\./);
  });

  it('does not take one body’s signature for another', async () => {
    await using at = await startTestField();
    const headers = { 'X-Ovh-Signature': '' };
    const path = server(at.service);
    const signed = await at.call('PUT', path, { monitoring: false }, headers);
    expect(signed.status).toBe(400);
    expect(at.field.servers[0]?.settings.monitoring).toBe(true);
  });
});

describe('errors', () => {
  it.each([
    ['/dedicated/server/nosuch', 404, 'This service does not exist'],
    ['/nosuch', 404, 'Got an invalid (or empty) URL'],
  ])('%s', async (path, status, message) => {
    await using at = await startTestField();
    const answer = await at.call('GET', path);
    expect(answer).toMatchObject({ status, json: { message, httpCode: '404 Not Found' } });
    expect(answer.headers.get('x-ovh-queryid')).toMatch(/^LAB\./);
  });

  it('of a netboot and a task that do not exist', async () => {
    await using at = await startTestField();
    const path = server(at.service);
    expect((await at.call('GET', `${path}/boot/5`)).status).toBe(404);
    expect((await at.call('GET', `${path}/task/0`)).status).toBe(404);
    expect((await at.call('GET', `${path}/task/x`)).status).toBe(400);
  });

  it('of a key that is not raw', async () => {
    await using at = await startTestField();
    const answer = await at.call('PUT', server(at.service), { rescueSshKey: 'my key' });
    expect(answer).toMatchObject({ status: 400, json: { message: 'SSH key is not valid' } });
  });
});

describe('a hard reboot', () => {
  it('resets the machine when the task is doing, with the netboot of that moment', async () => {
    await using at = await startTestField();
    const path = server(at.service);
    const machine = at.field.servers[0];
    const ordered = await at.call('POST', `${path}/reboot`);
    expect(ordered.json).toMatchObject({ taskId: 8123, function: 'hardReboot', status: 'init' });
    await at.pass(1_000);
    expect((await at.call('GET', `${path}/task/8123`)).json).toMatchObject({ status: 'todo' });
    expect(machine?.boots).toHaveLength(1);
    // Set after the reboot was ordered, before it happens.
    expect((await at.call('PUT', path, { bootId: 230_242 })).json).toBeNull();
    await at.pass(2_000);
    expect((await at.call('GET', `${path}/task?status=doing`)).json).toEqual([8123]);
    expect(machine?.boots.at(-1)).toMatchObject({ target: 'rescue', cause: 'task 8123' });
    await at.pass(5_000);
    expect((await at.call('GET', `${path}/task/8123`)).json).toMatchObject({ status: 'done' });
    expect((await at.call('GET', `${path}/task?function=hardReboot&status=todo`)).json).toEqual([]);
    expect(machine?.boots).toHaveLength(2);
  });

  it('is refused while another is under way, and can be cancelled before it begins', async () => {
    await using at = await startTestField();
    const path = server(at.service);
    await at.call('POST', `${path}/reboot`);
    expect((await at.call('POST', `${path}/reboot`)).status).toBe(400);
    expect((await at.call('POST', `${path}/task/8123/cancel`)).json).toBeNull();
    expect((await at.call('POST', `${path}/reboot`)).json).toMatchObject({ taskId: 8124 });
  });

  it('powers off when that is the netboot, and on again by a reboot', async () => {
    await using at = await startTestField();
    const path = server(at.service);
    await at.call('PUT', path, { bootId: 95_083 });
    await at.call('POST', `${path}/reboot`);
    await at.pass(5_000);
    expect((await at.call('GET', path)).json).toMatchObject({ powerState: 'poweroff' });
    await at.call('PUT', path, { bootId: 1 });
    await at.call('POST', `${path}/reboot`);
    await at.pass(5_000);
    expect((await at.call('GET', path)).json).toMatchObject({ powerState: 'poweron' });
  });

  it('offers root’s password of a rescue without a key, by a secret', async () => {
    await using at = await startTestField();
    const path = server(at.service);
    expect((await at.call('POST', `${path}/authenticationSecret`)).json).toEqual([]);
    await at.call('PUT', path, { bootId: 230_242 });
    await at.call('POST', `${path}/reboot`);
    await at.pass(5_000);
    const [access] = (await at.call('POST', `${path}/authenticationSecret`)).json as [
      { user: string; password: string },
    ];
    expect(access.user).toBe('root');
    const response = await fetch(`${at.url}/secret/retrieve`, {
      method: 'POST',
      body: JSON.stringify({ id: access.password }),
    });
    const secret = at.field.servers[0]?.rescueSecret;
    expect(await response.json()).toMatchObject({ secret: secret?.password });
  });
});

describe('faults', () => {
  it('refuse the key', async () => {
    await using at = await startTestField();
    at.arm({ kind: 'key-refused', errorCode: 'INVALID_CREDENTIAL' });
    expect((await at.call('GET', '/dedicated/server')).status).toBe(403);
    expect((await at.call('GET', '/dedicated/server')).status).toBe(200);
  });

  it('refuse the key for one server', async () => {
    await using at = await startTestField();
    at.arm({ kind: 'key-refused', errorCode: 'INVALID_CREDENTIAL', server: 'core1' });
    expect((await at.call('GET', '/dedicated/server')).status).toBe(200);
    expect((await at.call('GET', server(at.service))).status).toBe(403);
  });

  it('hide a young task', async () => {
    await using at = await startTestField();
    at.arm({ kind: 'task-not-found', server: 'core1', times: 2 });
    const path = server(at.service);
    await at.call('POST', `${path}/reboot`);
    const states: number[] = [];
    for (let n = 0; n < 3; n += 1) states.push((await at.call('GET', `${path}/task/8123`)).status);
    expect(states).toEqual([404, 404, 200]);
  });

  it('fail the nth call without carrying it out', async () => {
    await using at = await startTestField();
    at.arm({ kind: 'call-fails', method: 'PUT', status: 503, skip: 1 });
    const path = server(at.service);
    expect((await at.call('PUT', path, { monitoring: false })).status).toBe(200);
    expect((await at.call('PUT', path, { monitoring: true })).status).toBe(503);
    expect(at.field.servers[0]?.settings.monitoring).toBe(false);
  });

  it('lose the answer of a reboot that is carried out', async () => {
    await using at = await startTestField();
    at.arm({ kind: 'answer-lost', method: 'POST', path: '/dedicated/server/*/reboot' });
    await expect(at.call('POST', `${server(at.service)}/reboot`)).rejects.toThrow('fetch failed');
    expect(at.field.servers[0]?.tasks).toHaveLength(1);
    expect(at.journal.read().at(-1)).toMatchObject({ method: 'POST', status: null });
  });
});

describe('the journal', () => {
  it('has every call with what it sent, and no key', async () => {
    await using at = await startTestField();
    await at.call('PUT', server(at.service), { monitoring: false });
    await at.call('GET', '/nosuch');
    expect(at.journal.read()).toMatchObject([
      { method: 'PUT', server: 'core1', body: { monitoring: false }, status: 200 },
      { method: 'GET', path: '/nosuch', server: null, status: 404 },
    ]);
    const text = JSON.stringify(at.journal.read());
    for (const key of Object.values(at.keys)) expect(text).not.toContain(key);
  });
});
