import { afterAll, beforeAll, expect, it } from 'vitest';
import { stringify } from 'yaml';

import { makeDemoKey } from '../../lab/demo-key.ts';
import { until } from '../until.ts';
import { hostnamesAt, writeHowtoConfig } from './howto-config.ts';
import { Instance, type Ended } from './instance.ts';
import { recordSituation } from './situation.ts';

/**
 * A run that needs a person, twice: its rescue does not come, and the disk holds an old system.
 * Nothing is written before a person has said yes to just that. Its config is the how-to's first.
 */
let instance: Instance;
let serial: string;
let hostname: string;

beforeAll(async () => {
  instance = await Instance.start({ net: '127.0.82', servers: 'core2:KS-2b' });
  await makeDemoKey(`${instance.folder}/demo`);
  hostname = writeHowtoConfig(instance, 'howto-1');
  const server = instance.lab.server('core2');
  serial = (await server.insertOldSystem()).disks[0]?.serial ?? '';
});
afterAll(() => instance?.stop());

function spec(): string {
  const { service, sshPort } = instance.lab.server('core2');
  return instance.file(
    'core2.yaml',
    stringify({
      server: 'core2',
      provider: { kind: 'ovh', service, account: 'lab' },
      image: { os: 'flatcar', mirror: 'lab' },
      config: { cloudConfig: 'user.yaml' },
      disk: { serial },
      ssh: { port: sshPort },
      layout: {
        apply: 'presize',
        root: '100GiB',
        partitions: [
          { name: 'data', size: '500GiB', filesystem: 'ext4', mount: '/srv/data' },
          { name: 'containers', size: 'rest', filesystem: 'btrfs', mount: '/var/lib/docker' },
        ],
      },
      rescue: { giveUpAfter: '15s', ladder: ['hard-reset'] },
    }),
  );
}

function said({ stdout, stderr }: Ended): string {
  return stdout + stderr;
}

it('a rescue that does not come is a pause: a technician resets the server, and the run goes on', async () => {
  const server = instance.lab.server('core2');
  const { writtenBytes } = await server.status();
  await instance.lab.arm({ kind: 'rescue-hangs' });
  const parked = await instance.run('provision', spec(), '--wipe', serial);
  expect(parked.exitCode, said(parked)).toBe(3);
  expect(said(parked)).toContain('ironstep resume core2');
  const status = await instance.status('core2');
  expect(status).toMatchObject({ state: 'waiting', attention: { kind: 'rescue' } });
  expect(status.attention?.title).toContain('rescue did not come up');
  recordSituation('parked', status);
  recordSituation('list-parked', await instance.runs.list());

  await server.reset();
  await until(
    async () => (await instance.status('core2')).attention?.kind === 'approval',
    300_000,
    500,
  );
  // The one reset of the run; what came up late is used as it is.
  const { tasks, ...machine } = await server.status();
  expect([tasks.length, machine.writtenBytes]).toEqual([1, writtenBytes]);
});

it('waits with the whole story, takes only its own token, and then makes the layout', async () => {
  const server = instance.lab.server('core2');
  const { writtenBytes } = await server.status();

  const waits = await instance.run('watch', 'core2');
  expect(waits.exitCode, said(waits)).toBe(3);
  expect(said(waits)).toMatch(/100 GiB +ext4/);
  const token = /--wipe (\S+:[0-9a-f]{12})/.exec(said(waits))?.[1] ?? '';
  expect(token).toContain(`${serial}:`);
  expect(said(await instance.run('list'))).toMatch(/core2 +approve .*needs you/);
  recordSituation('waiting-for-approval', await instance.status('core2'));
  recordSituation('list', await instance.runs.list());

  const wrong = await instance.run('approve', 'core2', '--wipe', `${serial}:000000000000`);
  expect(wrong.exitCode).toBe(1);
  expect((await server.status()).writtenBytes).toBe(writtenBytes);

  const approved = await instance.run('approve', 'core2', '--wipe', token);
  expect(approved.exitCode, said(approved)).toBe(0);
  await until(
    async () => {
      const live = await instance.status('core2');
      recordSituation('installing', live);
      return /writing the image/.test(live.progress?.label ?? '');
    },
    300_000,
    500,
  );
  const ended = await instance.run('watch', 'core2');
  expect(ended.exitCode, said(ended)).toBe(0);
  const status = await instance.status('core2');
  recordSituation('ready', status);
  const { report } = status;
  expect(report).toMatchObject({ ok: true, boots: 2, rootBytes: 100 * 2 ** 30 });
  expect(report?.partitions.map(({ name, asSpecified }) => [name, asSpecified])).toEqual([
    ['ROOT', true],
    ['data', true],
    ['containers', true],
  ]);
  expect(await hostnamesAt(instance, 'core2')).toEqual([hostname, hostname]);
});
