import { afterAll, beforeAll, expect, it } from 'vitest';
import { stringify } from 'yaml';

import { makeDemoKey } from '../../lab/demo-key.ts';
import { Instance, type Ended } from './instance.ts';

/** A disk that holds an old system: nothing is written before a person has said yes to just that. */
let instance: Instance;
let serial: string;

beforeAll(async () => {
  instance = await Instance.start({ net: '127.0.82', servers: 'core1:KS-2b' });
  await makeDemoKey(`${instance.folder}/demo`);
  const server = instance.lab.server('core1');
  serial = (await server.insertOldSystem()).disks[0]?.serial ?? '';
});
afterAll(() => instance?.stop());

function spec(): string {
  const { service, sshPort } = instance.lab.server('core1');
  return instance.file(
    'core1.yaml',
    stringify({
      server: 'core1',
      provider: { kind: 'ovh', service, account: 'lab' },
      image: { os: 'flatcar', mirror: 'lab' },
      disk: { serial },
      ssh: { port: sshPort, authorizedKeys: ['demo.pub'] },
      layout: {
        apply: 'presize',
        root: '100GiB',
        partitions: [
          { name: 'data', size: '500GiB', filesystem: 'ext4', mount: '/srv/data' },
          { name: 'containers', size: 'rest', filesystem: 'btrfs', mount: '/var/lib/docker' },
        ],
      },
    }),
  );
}

function said({ stdout, stderr }: Ended): string {
  return stdout + stderr;
}

it('waits with the whole story, takes only its own token, and then makes the layout in 2 boots', async () => {
  const server = instance.lab.server('core1');
  const { writtenBytes } = await server.status();

  const waits = await instance.run('provision', spec(), '--wipe', serial);
  expect(waits.exitCode, said(waits)).toBe(3);
  expect(said(waits)).toMatch(/100 GiB +ext4/);
  const token = /--wipe (\S+:[0-9a-f]{12})/.exec(said(waits))?.[1] ?? '';
  expect(token).toContain(`${serial}:`);
  expect(said(await instance.run('list'))).toMatch(/core1 +approve .*needs you/);

  const wrong = await instance.run('approve', 'core1', '--wipe', `${serial}:000000000000`);
  expect(wrong.exitCode).toBe(1);
  expect((await server.status()).writtenBytes).toBe(writtenBytes);

  const approved = await instance.run('approve', 'core1', '--wipe', token);
  expect(approved.exitCode, said(approved)).toBe(0);
  const ended = await instance.run('watch', 'core1');
  expect(ended.exitCode, said(ended)).toBe(0);
  const { report } = await instance.status('core1');
  expect(report).toMatchObject({ ok: true, boots: 2, rootBytes: 100 * 2 ** 30 });
  expect(report?.partitions.map(({ name, asSpecified }) => [name, asSpecified])).toEqual([
    ['ROOT', true],
    ['data', true],
    ['containers', true],
  ]);
});
