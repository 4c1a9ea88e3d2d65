import { execFileSync, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';

import { afterAll, beforeAll, expect, it } from 'vitest';
import { stringify } from 'yaml';

import { makeDemoKey } from '../../lab/demo-key.ts';
import type { LabServerView } from '../../lab/server-view.ts';
import type { LiveStatus } from '../../src/client/live-status.ts';
import type { ServerPlan } from '../../src/run/server-plan.ts';
import type { SettingsView } from '../../src/run/settings-view.ts';
import { stateFolder } from '../../src/xdg.ts';
import { until } from '../until.ts';
import { hostnamesAt, writeHowtoConfig } from './howto-config.ts';
import { Instance, type Ended } from './instance.ts';
import { recordSituation } from './situation.ts';

/**
 * The life of one machine, each test where the one before has left it: nobody knows it; it is
 * installed while Temporal is lost twice, with the how-to's second config; it is looked into, its
 * owner is locked out of it; a run is terminated on it; and at last it belongs to a stranger. One
 * machine, since an install takes a minute and a half of it. The person's keys are in an ssh-agent.
 */
let instance: Instance;
let agent: ChildProcess;
let serial: string;
let hostname: string;
let settings: LabServerView['settings'];

beforeAll(async () => {
  instance = await Instance.start({ net: '127.0.84', servers: 'core1:KS-2c' });
  for (const name of ['demo', 'new']) await makeDemoKey(`${instance.folder}/${name}`);
  hostname = writeHowtoConfig(instance, 'howto-2');
  const socket = `${instance.folder}/agent`;
  agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' });
  await until(() => existsSync(socket));
  process.env['SSH_AUTH_SOCK'] = socket;
  holdKey('demo');
  const delivered = await machine();
  serial = delivered.disks[0]?.serial ?? '';
  settings = delivered.settings;
});
afterAll(async () => {
  agent?.kill();
  await instance?.stop();
});

/** From now on the person has this key, and no other. */
function holdKey(name: string): void {
  for (const args of [
    ['-q', '-D'],
    ['-q', `${instance.folder}/${name}`],
  ]) {
    execFileSync('ssh-add', args, { stdio: 'ignore' });
  }
}

/** Writes the spec, and names it as a person in that folder does. */
function spec(root: string): string {
  const { service, sshPort } = instance.lab.server('core1');
  const content = {
    server: 'core1',
    provider: { kind: 'ovh', service, account: 'lab' },
    image: { os: 'flatcar', mirror: 'lab' },
    config: { cloudConfig: 'user.yaml' },
    disk: { serial },
    ssh: { port: sshPort, authorizedKeys: ['demo.pub'] },
    layout: {
      apply: 'presize',
      root,
      partitions: [{ name: 'data', size: 'rest', filesystem: 'ext4', mount: '/srv/data' }],
    },
  };
  instance.file(`root-${root}.yaml`, stringify(content));
  return `root-${root}.yaml`;
}

const machine = (): Promise<LabServerView> => instance.lab.server('core1').status();
/** Every boot behind that of its delivery. */
const boots = async () => (await machine()).boots.slice(1);
const targets = async () => (await boots()).map(({ target }) => target);
const said = ({ stdout, stderr }: Ended): string => stdout + stderr;

/** Runs `ironstep …`, which has to go well, and returns what it said. */
async function ironstep(...args: string[]): Promise<string> {
  const ended = await instance.run(...args);
  expect(ended.exitCode, said(ended)).toBe(0);
  return ended.stdout;
}

/** The plan as data. */
async function planned(situation: string, ...args: string[]): Promise<ServerPlan> {
  const plan = JSON.parse(await ironstep('plan', ...args, '--json')) as ServerPlan;
  recordSituation(situation, plan);
  return plan;
}

async function untilStatus(judge: (status: LiveStatus) => boolean): Promise<void> {
  const goesWell = async () => {
    const status = await instance.status('core1');
    expect(['running', 'ready']).toContain(status.state);
    return judge(status);
  };
  await until(goesWell, 300_000, 500);
}

it('a machine that nobody knows: what the provider says, and nothing is changed', async () => {
  const plan = await planned('plan-silent', spec('20GiB'));
  const unknown = { answering: { kind: 'silent' }, disk: null, wipe: null };
  expect(plan).toMatchObject({ ...unknown, boots: ['rescue', 'disk'], disks: '1 × 40 GB SSD' });
  expect(plan.settings).toContainEqual({ label: 'monitoring', now: 'on', meanwhile: 'off' });

  const refused = await instance.run('plan', spec('100GiB'));
  expect(refused.exitCode).toBe(1);
  // However it is wrapped.
  const words = refused.stderr.replace(/\s+/g, ' ');
  expect(words).toMatch(
    /root-100GiB\.yaml:\d+:\d+ layout\.root: 100 GiB does not fit on \S+, by [\d.]+ GiB\./,
  );
  expect(words).toMatch(/At most [\d.]+ GiB are left for ROOT\. Nothing was changed\./);
  const { stdout } = await instance.run('plan', spec('100GiB'), '--json');
  recordSituation('plan-refused', JSON.parse(stdout));
  expect((await machine()).settings).toEqual(settings);
  expect(await targets()).toEqual([]);
});

it('Temporal is lost twice: the image is written once, and the last of three runs is ready', async () => {
  const provision = ['provision', spec('20GiB'), '--wipe', serial];
  await ironstep(...provision, '--detach');
  await untilStatus(({ progress }) => /writing the image/.test(progress?.label ?? ''));
  await instance.loseTemporal();

  // The job of the lost run goes on in the rescue session, which is neither reset nor disturbed.
  await ironstep(...provision, '--detach');
  await untilStatus(({ timeline }) => timeline.at(-1)?.phase === 'boot');
  const { timeline } = await instance.status('core1');
  expect(timeline.map(({ phase }) => phase)).toEqual(['preflight', 'rescue', 'inspect', 'boot']);
  expect(timeline[1]?.notes.join()).toMatch(/still up/);
  // Whether the job had ended before the second run looked depends on the machine: what counts is
  // that the rescue session wrote the 637 MiB of the image once.
  const { writtenBytes } = await machine();
  expect((await boots())[0]?.writtenBytes).toBeLessThan(1.5 * 637 * 2 ** 20);
  await untilStatus((status) => status.timeline.at(-1)?.phase === 'first-boot');
  await instance.loseTemporal();

  await ironstep(...provision);
  const { report } = await instance.status('core1');
  expect(report).toMatchObject({ ok: true, jobs: [], settingsRestored: true });
  // The image has 637 MiB. A first boot writes much by itself too: 390 MiB were seen, most of it
  // ext4's inode tables, which it makes when nobody looks.
  expect((await machine()).writtenBytes - writtenBytes).toBeLessThan(600 * 2 ** 20);
  expect((await machine()).settings).toEqual(settings);
  expect(await targets()).toEqual(['rescue', 'disk']);
  expect(await hostnamesAt(instance, 'core1')).toEqual([hostname, hostname]);
});

let live: ServerPlan;

it('a running system of ours is read where it is, and nothing happens to it', async () => {
  const same = await planned('plan-nothing-left', spec('20GiB'));
  expect(same).toMatchObject({ answering: { kind: 'installed' }, reached: 'everything' });
  expect(same).toMatchObject({ boots: [], wipe: null });
  expect(new Set(same.disk?.partitions.map(({ fate }) => fate))).toEqual(new Set(['stays']));

  live = await planned('plan-other-spec', spec('25GiB'));
  expect(live.wipe).toMatch(new RegExp(`^${serial}:[0-9a-f]{12}$`));
  const root = live.disk?.partitions.find(({ name }) => name === 'ROOT');
  expect(root).toMatchObject({ fate: 'dies', now: expect.stringContaining('last mounted /') });
  expect((await machine()).settings).toEqual(settings);
  expect(await targets()).toEqual(['rescue', 'disk']);
});

it('who is locked out gets in with a new key, through rescue and the disk', async () => {
  const lockOut = [
    'rm -rf /etc/ironstep/login-keys /home/core/.ssh',
    'ln -sf /dev/null /etc/systemd/system/ironstep-login.service',
    'sync',
  ].join(' && ');
  await ironstep('ssh', 'core1', '--', 'sudo', 'sh', '-c', `"${lockOut}"`);
  const refused = await instance.run('ssh', 'core1', '--', 'true');
  const helps = expect.stringContaining('ironstep add-key core1');
  expect([refused.exitCode, said(refused)]).toEqual([255, helps]);

  expect(await ironstep('rescue', 'core1')).toContain('boot disk core1');
  expect(await machine()).toMatchObject({ runs: 'rescue', settings: { monitoring: false } });
  expect(await ironstep('list')).toMatch(/core1 +- .* done: core1 runs the rescue system/);
  recordSituation('in-rescue', await instance.status('core1'));
  const root = await ironstep('ssh', 'core1', '--', 'findmnt', '-no', 'FSTYPE', '/');
  expect(root).not.toMatch(/ext4/);

  holdKey('new');
  const added = await ironstep('add-key', 'core1', '--key', 'new.pub');
  expect(added).toContain('core1 lets 1 key in');
  recordSituation('key-added', await instance.status('core1'));
  expect(await targets()).toEqual(['rescue', 'disk', 'rescue', 'disk']);
  expect((await machine()).settings).toEqual(settings);
  expect(await ironstep('ssh', 'core1', '--', 'hostname')).toBe(`${hostname}\n`);
});

it('a system that lets ironstep in takes one more key as it runs', async () => {
  await ironstep('add-key', 'core1', '--key', 'demo.pub');
  expect(await targets()).toHaveLength(4);
  holdKey('demo');
  expect(await ironstep('ssh', 'core1', '--', 'hostname')).toBe(`${hostname}\n`);
});

it('a run that is terminated in rescue: settings are put back by hand, and the disk boots', async () => {
  const run = await instance.start(`${instance.folder}/${spec('25GiB')}`, {});
  await until(async () => (await instance.status('core1')).state === 'waiting', 300_000, 500);
  const open = await planned('plan-run-under-way', spec('25GiB'));
  expect(open.answering).toEqual({ kind: 'run-under-way' });
  const refused = await instance.run('settings', 'restore', 'core1');
  expect([refused.exitCode, said(refused)]).toEqual([1, expect.stringContaining('has a run')]);

  await instance.terminate(run);
  const shown = await ironstep('settings', 'show', 'core1', '--json');
  const left = JSON.parse(shown) as SettingsView;
  recordSituation('settings-left', left);
  const byRun = left.settings.filter(({ changedBy }) => changedBy === 'run');
  expect(byRun.map(({ name }) => name)).toEqual([
    ...['bootId', 'monitoring', 'noIntervention', 'rescueSshKey'],
  ]);
  expect(await ironstep('settings', 'restore', 'core1')).toContain('It still runs rescue.');
  expect((await machine()).settings).toEqual(settings);
  recordSituation('settings-restored', await instance.status('core1'));
  expect(await ironstep('settings', 'restore', 'core1')).toContain('nothing of ironstep');

  expect(await ironstep('boot', 'disk', 'core1')).toContain('core1 runs from its disk');
  recordSituation('from-disk', await instance.status('core1'));
  expect((await machine()).settings).toEqual(settings);
  expect(await ironstep('ssh', 'core1', '--', 'hostname')).toBe(`${hostname}\n`);
});

it('--rescue: the disks of a stranger are read and not written to, and its system boots again', async () => {
  await instance.whileStopped(() => {
    writeFileSync(stateFolder('master.key'), randomBytes(32), { mode: 0o600 });
  });
  const stranger = await planned('plan-stranger', spec('25GiB'));
  expect(stranger).toMatchObject({ answering: { kind: 'stranger' }, disk: null });
  const asked = await instance.run('plan', spec('25GiB'), '--rescue');
  expect([asked.exitCode, asked.stderr]).toEqual([2, expect.stringContaining('will be down')]);

  const before = await targets();
  const plan = await planned('plan-rescue', spec('25GiB'), '--rescue', '--yes');
  expect(plan).toMatchObject({ answering: { kind: 'rescue-left' }, wipe: live.wipe });
  expect(await targets()).toEqual([...before, 'rescue', 'disk']);
  expect((await boots()).at(-2)?.writtenBytes).toBe(0);
  expect((await machine()).settings).toEqual(settings);
  const status = await instance.status('core1');
  expect(status).toMatchObject({ kind: 'look', state: 'done' });
});
