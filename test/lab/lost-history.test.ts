import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { stringify } from 'yaml';

import { makeDemoKey } from '../../lab/demo-key.ts';
import type { LiveStatus } from '../../src/client/live-status.ts';
import { hostnamesAt, writeHowtoConfig } from './howto-config.ts';
import { Instance } from './instance.ts';

/**
 * Temporal's database is deleted in the middle of a run, twice; the same command is given again.
 * The config of the server is the how-to's second.
 */
let instance: Instance;
let spec: string;
let serial: string;
let hostname: string;

beforeAll(async () => {
  instance = await Instance.start({ net: '127.0.84', servers: 'core1:KS-2c' });
  await makeDemoKey(`${instance.folder}/demo`);
  hostname = writeHowtoConfig(instance, 'howto-2');
  const server = instance.lab.server('core1');
  serial = (await server.status()).disks[0]?.serial ?? '';
  const { service, sshPort } = server;
  spec = instance.file(
    'core1.yaml',
    stringify({
      server: 'core1',
      provider: { kind: 'ovh', service, account: 'lab' },
      image: { os: 'flatcar', mirror: 'lab' },
      config: { cloudConfig: 'user.yaml' },
      disk: { serial },
      ssh: { port: sshPort },
      layout: {
        apply: 'presize',
        root: '20GiB',
        partitions: [{ name: 'data', size: 'rest', filesystem: 'ext4', mount: '/srv/data' }],
      },
    }),
  );
});
afterAll(() => instance?.stop());

async function untilStatus(judge: (status: LiveStatus) => boolean): Promise<void> {
  await vi.waitFor(
    async () => {
      const status = await instance.status('core1');
      expect(['running', 'ready']).toContain(status.state);
      expect(judge(status)).toBe(true);
    },
    { timeout: 300_000, interval: 500 },
  );
}

const phaseIs =
  (phase: string) =>
  ({ timeline }: LiveStatus): boolean =>
    timeline.at(-1)?.phase === phase;

it('the image is written once, by the first of three runs, and the last one ends ready', async () => {
  const server = instance.lab.server('core1');
  const settings = async () => (await server.status()).settings;
  const before = await settings();
  await instance.run('provision', spec, '--wipe', serial, '--detach');
  await untilStatus(({ progress }) => /writing the image/.test(progress?.label ?? ''));
  await instance.loseTemporal();

  // The job of the lost run goes on in the rescue session, which is neither reset nor disturbed.
  await instance.run('provision', spec, '--wipe', serial, '--detach');
  await untilStatus(phaseIs('boot'));
  const { timeline } = await instance.status('core1');
  expect(timeline.map(({ phase }) => phase)).toEqual(['preflight', 'rescue', 'inspect', 'boot']);
  expect(timeline[1]?.notes.join()).toMatch(/still up/);
  // Whether the job had ended before the second run looked depends on the machine: what counts is
  // that the rescue session wrote the 637 MiB of the image once.
  const { writtenBytes, boots } = await server.status();
  expect(boots[0]?.writtenBytes).toBeLessThan(1.5 * 637 * 2 ** 20);
  await untilStatus(phaseIs('first-boot'));
  await instance.loseTemporal();

  const ended = await instance.run('provision', spec, '--wipe', serial);
  expect(ended.exitCode, ended.stdout + ended.stderr).toBe(0);
  const { report } = await instance.status('core1');
  expect(report).toMatchObject({ ok: true, jobs: [], settingsRestored: true });
  // The image has 637 MiB. A first boot writes much by itself too: 390 MiB were seen, most of it
  // ext4's inode tables, which it makes when nobody looks.
  expect((await server.status()).writtenBytes - writtenBytes).toBeLessThan(600 * 2 ** 20);
  expect(await settings()).toEqual(before);
  expect(await hostnamesAt(instance, 'core1')).toEqual([hostname, hostname]);
});
