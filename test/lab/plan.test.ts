import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';

import { afterAll, beforeAll, expect, it } from 'vitest';
import { stringify } from 'yaml';

import { makeDemoKey } from '../../lab/demo-key.ts';
import type { LabServerView } from '../../lab/server-view.ts';
import type { ServerPlan } from '../../src/run/server-plan.ts';
import type { SettingsView } from '../../src/run/settings-view.ts';
import { stateFolder } from '../../src/xdg.ts';
import { until } from '../until.ts';
import { Instance, type Ended } from './instance.ts';
import { recordSituation } from './situation.ts';

/**
 * One machine through the life of a plan: unknown and off, installed by this ironstep, and then of a
 * stranger (another master secret), whose running system is an old system like any other.
 */
let instance: Instance;
let serial: string;

beforeAll(async () => {
  instance = await Instance.start({ net: '127.0.88', servers: 'core1:KS-2c' });
  await makeDemoKey(`${instance.folder}/demo`);
  serial = (await machine()).disks[0]?.serial ?? '';
});
afterAll(() => instance?.stop());

const machine = (): Promise<LabServerView> => instance.lab.server('core1').status();

/** Every boot behind that of its delivery. */
const boots = async () => (await machine()).boots.slice(1);
const targets = async () => (await boots()).map(({ target }) => target);

function spec(root: string, rescue: object = {}): string {
  const { service, sshPort } = instance.lab.server('core1');
  const content = {
    server: 'core1',
    provider: { kind: 'ovh', service, account: 'lab' },
    image: { os: 'flatcar', mirror: 'lab' },
    disk: { serial },
    ssh: { port: sshPort, authorizedKeys: ['demo.pub'] },
    layout: {
      apply: 'presize',
      root,
      partitions: [{ name: 'data', size: 'rest', filesystem: 'ext4', mount: '/srv/data' }],
    },
    rescue,
  };
  instance.file(`root-${root}.yaml`, stringify(content));
  // As a person in that folder types it.
  return `root-${root}.yaml`;
}

const said = ({ stdout, stderr }: Ended): string => stdout + stderr;

/** The plan as data. */
async function planned(situation: string, ...args: string[]): Promise<ServerPlan> {
  const ended = await instance.run('plan', ...args, '--json');
  expect(ended.exitCode, said(ended)).toBe(0);
  const plan = JSON.parse(ended.stdout) as ServerPlan;
  recordSituation(situation, plan);
  return plan;
}

/** Whatever `work` is, the provider's settings are as before it. */
async function settingsKept<Result>(work: () => Promise<Result>): Promise<Result> {
  const before = await machine();
  const result = await work();
  expect((await machine()).settings).toEqual(before.settings);
  return result;
}

it('a machine that nobody knows: what the provider says, and nothing is changed', async () => {
  await settingsKept(async () => {
    const plan = await planned('plan-silent', spec('20GiB'));
    expect(plan).toMatchObject({
      answering: { kind: 'silent' },
      boots: ['rescue', 'disk'],
      disk: null,
      wipe: null,
      disks: '1 × 40 GB SSD',
    });
    expect(plan.settings).toContainEqual({ label: 'monitoring', now: 'on', meanwhile: 'off' });

    const refused = await instance.run('plan', spec('100GiB'));
    expect(refused.exitCode).toBe(1);
    // However it is wrapped.
    const words = refused.stderr.replace(/\s+/g, ' ');
    expect(words).toMatch(
      /^root-100GiB\.yaml:\d+:\d+ layout\.root: 100 GiB does not fit on \S+, by [\d.]+ GiB\./,
    );
    expect(words).toMatch(/At most [\d.]+ GiB are left for ROOT\. Nothing was changed\./);
    const { stdout } = await instance.run('plan', spec('100GiB'), '--json');
    recordSituation('plan-refused', JSON.parse(stdout));
  });
  expect(await targets()).toEqual([]);
});

it('a running system of ours is read where it is, and nothing happens to it', async () => {
  const installed = await instance.provision(`${instance.folder}/${spec('20GiB')}`, {
    wipe: serial,
  });
  expect(installed.state, installed.ending).toBe('ready');
  await settingsKept(async () => {
    const same = await planned('plan-nothing-left', spec('20GiB'));
    expect(same).toMatchObject({ answering: { kind: 'installed' }, reached: 'everything' });
    expect(same).toMatchObject({ boots: [], wipe: null });
    expect(new Set(same.disk?.partitions.map(({ fate }) => fate))).toEqual(new Set(['stays']));

    const other = await planned('plan-other-spec', spec('25GiB'));
    expect(other.wipe).toMatch(new RegExp(`^${serial}:[0-9a-f]{12}$`));
    const root = other.disk?.partitions.find(({ name }) => name === 'ROOT');
    expect(root).toMatchObject({ fate: 'dies', now: expect.stringContaining('last mounted /') });
  });
  expect(await targets()).toEqual(['rescue', 'disk']);
});

it('--rescue: the disks of a stranger are read and not written to, and its system boots again', async () => {
  const live = await planned('plan-other-spec', spec('25GiB'));
  await instance.whileStopped(() => {
    writeFileSync(stateFolder('master.key'), randomBytes(32), { mode: 0o600 });
  });
  const stranger = await planned('plan-stranger', spec('25GiB'));
  expect(stranger).toMatchObject({ answering: { kind: 'stranger' }, disk: null });

  const asked = await instance.run('plan', spec('25GiB'), '--rescue');
  expect([asked.exitCode, asked.stderr]).toEqual([2, expect.stringContaining('will be down')]);

  await settingsKept(async () => {
    const plan = await planned('plan-rescue', spec('25GiB'), '--rescue', '--yes');
    expect(plan).toMatchObject({ answering: { kind: 'rescue-left' }, wipe: live.wipe });
  });
  expect(await targets()).toEqual(['rescue', 'disk', 'rescue', 'disk']);
  expect((await boots())[2]?.writtenBytes).toBe(0);
  const status = await instance.status('core1');
  expect(status).toMatchObject({ kind: 'look', state: 'done' });
});

it('a run that is terminated in rescue: its settings are shown, and put back by hand', async () => {
  const before = await machine();
  const run = await instance.start(`${instance.folder}/${spec('25GiB')}`, {});
  await until(async () => (await instance.status('core1')).state === 'waiting', 300_000);
  const open = await planned('plan-run-under-way', spec('25GiB'));
  expect(open.answering).toEqual({ kind: 'run-under-way' });
  const refused = await instance.run('settings', 'restore', 'core1');
  expect([refused.exitCode, said(refused)]).toEqual([1, expect.stringContaining('has a run')]);

  await instance.terminate(run);
  expect((await machine()).settings).not.toEqual(before.settings);
  const shown = await instance.run('settings', 'show', 'core1', '--json');
  const { settings } = JSON.parse(shown.stdout) as SettingsView;
  recordSituation('settings-left', JSON.parse(shown.stdout));
  expect(settings.filter(({ changedBy }) => changedBy === 'run').map(({ name }) => name)).toEqual([
    ...['bootId', 'monitoring', 'noIntervention', 'rescueSshKey'],
  ]);

  const restored = await instance.run('settings', 'restore', 'core1');
  expect(restored.exitCode, said(restored)).toBe(0);
  expect(said(restored)).toContain('It still runs rescue.');
  expect((await machine()).settings).toEqual(before.settings);
  recordSituation('settings-restored', await instance.status('core1'));
  const again = await instance.run('settings', 'restore', 'core1');
  expect([again.exitCode, said(again)]).toEqual([
    0,
    expect.stringContaining('nothing of ironstep'),
  ]);
});
