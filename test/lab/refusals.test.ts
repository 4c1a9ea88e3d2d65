import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';

import { makeDemoKey } from '../../lab/demo-key.ts';
import type { LabServerHandle } from '../../lab/lab-client.ts';
import { Instance } from './instance.ts';
import { recordSituation } from './situation.ts';

/** Bad input: a clear message, exit code ≠ 0, nothing changed at the provider or on a disk. */
describe('what cannot be done is refused', () => {
  let instance: Instance;
  let server: LabServerHandle;
  let serial: string;
  let otherSerial: string;
  /** What a technician has put in instead of the other disk; seen from the next boot. */
  const replacement = 'Z1DREPLACED';
  let before: Awaited<ReturnType<LabServerHandle['status']>>;

  beforeAll(async () => {
    instance = await Instance.start({ net: '127.0.79', servers: 'core1:KS-2d,core3:KS-2c' });
    server = instance.lab.server('core1');
    [serial, otherSerial] = (await server.status()).disks.map((disk) => disk.serial) as [
      string,
      string,
    ];
    await server.swapSerial(replacement, 1);
    await makeDemoKey(`${instance.folder}/demo`);
  });
  afterAll(() => instance?.stop());
  beforeEach(async () => {
    before = await server.status();
  });

  function specOf(changes: Record<string, unknown> = {}): string {
    const spec = {
      server: 'core1',
      provider: { kind: 'ovh', service: server.service, account: 'lab' },
      image: { os: 'flatcar', mirror: 'lab' },
      disk: { serial },
      ssh: { port: server.sshPort, authorizedKeys: ['demo.pub'] },
      layout: {
        apply: 'presize',
        root: '20GiB',
        partitions: [{ name: 'data', size: 'rest', filesystem: 'ext4', mount: '/srv/data' }],
      },
      ...changes,
    };
    return instance.file('spec.yaml', stringify(spec));
  }

  async function refused(spec: string, ...options: string[]): Promise<string> {
    const ended = await instance.run('provision', spec, ...options);
    const said = ended.stdout + ended.stderr;
    expect(ended.exitCode, said).not.toBe(0);
    expect(said).not.toMatch(/\n\s+at .*\(/);
    return said;
  }

  /** What the provider keeps is as before, and no machine wrote a byte since. */
  async function expectNothingChanged(): Promise<void> {
    const after = await server.status();
    expect(after.settings).toEqual(before.settings);
    expect(after.writtenBytes).toBe(before.writtenBytes);
  }

  async function resets(): Promise<number> {
    const journal = await instance.lab.journal();
    return journal.filter(({ method, path }) => method === 'POST' && /reboot/.test(path)).length;
  }

  describe('before anything is asked of the server', () => {
    const cases: [string, () => string, RegExp][] = [
      ['an unknown key', () => specOf({ layot: {} }), /layot: unknown key\. Did you mean layout\?/],
      [
        'YAML that is none',
        () => instance.file('spec.yaml', 'server: [core1\n'),
        /spec\.yaml:\d+:\d+/,
      ],
      [
        'an unknown server',
        () => specOf({ provider: { kind: 'ovh', service: 'ns1.nowhere.eu', account: 'lab' } }),
        /ns1\.nowhere\.eu/,
      ],
      [
        '100 GiB of ROOT on the 40 GB of a KS-2c',
        () =>
          specOf({
            provider: {
              kind: 'ovh',
              service: instance.lab.server('core3').service,
              account: 'lab',
            },
            disk: { only: true },
            layout: { root: '100GiB', partitions: [] },
          }),
        /layout\.root: 100 GiB does not fit/,
      ],
      [
        'a release signed by another key',
        () =>
          specOf({
            image: { os: 'flatcar', mirror: 'lab', signedBy: 'A'.repeat(40) },
          }),
        /A{4}/,
      ],
      ['nobody who could log in', () => specOf({ ssh: { port: 22 } }), /log in/],
      [
        'an AuthorizedKeysFile that nothing writes',
        () => {
          instance.file(
            'user.yaml',
            `#cloud-config\nwrite_files:\n  - path: /etc/ssh/sshd_config\n    content: |\n` +
              `      AuthorizedKeysFile %h/.ssh/nobody-writes-this\n` +
              `ssh_authorized_keys: ['${readFileSync(`${instance.folder}/demo.pub`, 'utf8').trim()}']\n`,
          );
          return specOf({ ssh: { port: 22 }, config: { cloudConfig: 'user.yaml' } });
        },
        /nobody-writes-this/,
      ],
    ];
    it.each(cases)('%s', async (_, spec, message) => {
      const sent = await resets();
      expect(await refused(spec(), '--wipe', serial)).toMatch(message);
      await expectNothingChanged();
      expect(await resets()).toBe(sent);
    });

    it('a wrong API key', async () => {
      const file = `${instance.lab.configFolder}/credentials.yaml`;
      const good = readFileSync(file, 'utf8');
      const { applicationSecret } = instance.lab.config.keys;
      const { writeFileSync } = await import('node:fs');
      writeFileSync(file, good.replace(applicationSecret, randomBytes(16).toString('hex')));
      try {
        const said = await refused(specOf(), '--wipe', serial);
        expect(said).toMatch(/key|signature/i);
        expect(said).not.toContain(applicationSecret);
      } finally {
        writeFileSync(file, good);
      }
      await expectNothingChanged();
    });
  });

  describe('from rescue, before the first write', () => {
    it('a disk that a technician has replaced', async () => {
      const said = await refused(specOf({ disk: { serial: otherSerial } }), '--wipe', otherSerial);
      expect(said).toContain(otherSerial);
      expect(said).toContain(replacement);
      await expectNothingChanged();
      recordSituation('refused-disk', await instance.status('core1'));
    });

    it('two disks and no selector', async () => {
      const said = await refused(specOf({ disk: { only: true } }), '--wipe', serial);
      expect(said).toContain(serial);
      expect(said).toContain(replacement);
      await expectNothingChanged();
    });

    it('an image that is not the signed one', async () => {
      const spoiled = await instance.spoilImage();
      try {
        const said = await refused(specOf(), '--wipe', serial);
        expect(said).toMatch(/sha512/);
        await expectNothingChanged();
      } finally {
        spoiled.mend();
      }
    });

    it('a disk with contents and no approval', async () => {
      await server.insertOldSystem();
      before = await server.status();
      // The lab's old system has its files, but does not boot: it is not waited for as in life.
      const end = await instance.provision(specOf(), {
        wipe: serial,
        noWait: true,
        pace: { oldSystemDeadlineMs: 10_000 },
      });
      expect(end.state).toBe('refused');
      expect(end.ending).toContain(`waits for your yes to destroy what is on ${serial}`);
      expect(end.ending).toContain('The disk was not touched.');
      expect((await server.status()).runs).toBe('disk');
      await expectNothingChanged();
    });
  });
});
