import { execFileSync, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';

import { afterAll, beforeAll, expect, it } from 'vitest';
import { stringify } from 'yaml';

import { makeDemoKey } from '../../lab/demo-key.ts';
import { until } from '../until.ts';
import { Instance, type Ended } from './instance.ts';
import { recordSituation } from './situation.ts';

/**
 * The second day of one machine: into rescue and back, then its owner locks everybody out, and a
 * new key gets in through rescue and the disk. The person's keys are in an ssh-agent of the test.
 */
let instance: Instance;
let agent: ChildProcess;

beforeAll(async () => {
  instance = await Instance.start({ net: '127.0.87', servers: 'core1:KS-2c' });
  for (const name of ['demo', 'new']) await makeDemoKey(`${instance.folder}/${name}`);
  const socket = `${instance.folder}/agent`;
  agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' });
  await until(() => existsSync(socket));
  process.env['SSH_AUTH_SOCK'] = socket;
  holdKey('demo');
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

const machine = () => instance.lab.server('core1').status();
const boots = async () => (await machine()).boots.length;
const said = ({ stdout, stderr }: Ended) => stdout + stderr;

/** Runs `ironstep …`, which has to go well, and returns what it said. */
async function ironstep(...args: string[]): Promise<string> {
  const ended = await instance.run(...args);
  expect(ended.exitCode, said(ended)).toBe(0);
  return ended.stdout;
}

async function spec(): Promise<string> {
  const { service, sshPort, disks } = await machine();
  const content = {
    server: 'core1',
    provider: { kind: 'ovh', service, account: 'lab' },
    image: { os: 'flatcar', mirror: 'lab' },
    disk: { serial: disks[0]?.serial },
    ssh: { port: sshPort, authorizedKeys: ['demo.pub'] },
    layout: {
      apply: 'presize',
      root: '20GiB',
      partitions: [{ name: 'data', size: 'rest', filesystem: 'ext4', mount: '/srv/data' }],
    },
  };
  return instance.file('core1.yaml', stringify(content));
}

it('rescue and back: the own key logs in to both, settings are put back at the end', async () => {
  const { settings, disks } = await machine();
  await ironstep('provision', await spec(), '--wipe', disks[0]?.serial ?? '');

  expect(await ironstep('rescue', 'core1')).toContain('boot disk core1');
  expect(await machine()).toMatchObject({ runs: 'rescue', settings: { monitoring: false } });
  expect(await ironstep('list')).toMatch(/core1 +- .* done: core1 runs the rescue system/);
  recordSituation('in-rescue', await instance.status('core1'));
  const root = await ironstep('ssh', 'core1', '--', 'findmnt', '-no', 'FSTYPE', '/');
  expect(root).not.toMatch(/ext4/);

  expect(await ironstep('boot', 'disk', 'core1')).toContain('core1 runs from its disk');
  recordSituation('from-disk', await instance.status('core1'));
  expect((await machine()).settings).toEqual(settings);
  expect(await ironstep('ssh', 'core1', '--', 'hostname')).toBe('core1\n');
});

it('who is locked out gets in with a new key, through rescue and the disk', async () => {
  const { settings } = await machine();
  const lockOut = [
    'rm -rf /etc/ironstep/login-keys /home/core/.ssh',
    'ln -sf /dev/null /etc/systemd/system/ironstep-login.service',
    'sync',
  ].join(' && ');
  await ironstep('ssh', 'core1', '--', 'sudo', 'sh', '-c', `"${lockOut}"`);
  const refused = await instance.run('ssh', 'core1', '--', 'true');
  expect([refused.exitCode, said(refused)]).toEqual([
    255,
    expect.stringContaining('ironstep add-key core1'),
  ]);

  holdKey('new');
  const before = await boots();
  const added = await ironstep('add-key', 'core1', '--key', 'new.pub');
  expect(added).toContain('core1 lets 1 key in');
  recordSituation('key-added', await instance.status('core1'));
  expect(await boots()).toBe(before + 2);
  expect((await machine()).settings).toEqual(settings);
  expect(await ironstep('ssh', 'core1', '--', 'hostname')).toBe('core1\n');
});

it('a system that lets ironstep in takes one more key as it runs', async () => {
  const before = await boots();
  await ironstep('add-key', 'core1', '--key', 'demo.pub');
  expect(await boots()).toBe(before);
  holdKey('demo');
  expect(await ironstep('ssh', 'core1', '--', 'hostname')).toBe('core1\n');
});
