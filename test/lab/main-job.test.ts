import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

import { makeDemoKey } from '../../lab/demo-key.ts';
import { demoSpec } from '../../lab/demo-spec.ts';
import { deriveKeyPair } from '../../src/secrets/derive-key.ts';
import { loadMasterSecret } from '../../src/secrets/master-secret.ts';
import { ensureTemporalCli } from '../../src/toolchain/temporal-cli.ts';
import { ProcessWatch, shapes } from './canaries.ts';
import { Instance, type Ended } from './instance.ts';
import { outlivingJob } from './outliving-job.ts';

const examples = fileURLToPath(new URL('../../examples/', import.meta.url));
const serial = 'WD-WCC4M0KS2A01';

/** The how-to's whole job on a 2 TB machine, with the worker killed where it hurts most. */
describe('shrink: one whole run, the worker killed during install and during repartition', () => {
  let instance: Instance;
  let ended: Ended;
  let watch: ProcessWatch;
  let canaries: string[];

  beforeAll(async () => {
    instance = await Instance.start({ net: '127.0.78', servers: 'core1:KS-2a' });
    const canary = randomBytes(18).toString('hex');
    const { applicationSecret, consumerKey } = instance.lab.config.keys;
    const master = await loadMasterSecret();
    const { service } = instance.lab.server('core1');
    const privateKeys = (['login', 'rescue', 'host'] as const).map(
      (purpose) => deriveKeyPair({ master, server: `ovh/${service}`, purpose }).privateKey,
    );
    canaries = [canary, applicationSecret, consumerKey, ...privateKeys.map(middleLine)];
    watch = new ProcessWatch(canaries);
    const config = JSON.parse(readFileSync(`${examples}/demo.ign`, 'utf8')) as IgnitionConfig;
    config.storage.files.push({ path: '/etc/canary', contents: { source: `data:,${canary}` } });
    instance.file('demo.ign', JSON.stringify(config));
    await makeDemoKey(`${instance.folder}/demo`);
    const spec = instance.file('demo.yaml', demoSpec(instance.lab.server('core1').sshPort));
    const provision = instance.begin('provision', spec, '--wipe', serial);
    await killWorkerDuring('install', /writing the image/);
    await killWorkerDuring('repartition', /ROOT|making/);
    ended = await provision.ended;
  });

  afterAll(async () => {
    watch?.stop();
    await instance?.stop();
  });

  async function killWorkerDuring(phase: string, label: RegExp): Promise<void> {
    await vi.waitFor(
      async () => {
        const status = await instance.status('core1');
        expect(status.state).toBe('running');
        expect(status.timeline.at(-1)?.phase).toBe(phase);
        expect(status.progress?.label).toMatch(label);
      },
      { timeout: 600_000, interval: 1_000 },
    );
    process.kill(instance.workerPid(), 'SIGKILL');
  }

  it('ends ready, with four boots and nothing different from the spec', async () => {
    expect(ended.stderr).toBe('');
    expect(ended.exitCode, ended.stdout).toBe(0);
    const { report, state } = await instance.status('core1');
    expect(state).toBe('ready');
    expect(report).toMatchObject({
      ok: true,
      boots: 4,
      rootBytes: 100 * 2 ** 30,
      rootStartUnchanged: true,
      partuuidUnchanged: true,
      typeUnchanged: true,
      filesChanged: 0,
      failedUnits: [],
    });
    expect(report?.filesUnchanged).toBeGreaterThanOrEqual(400);
    expect(
      report?.partitions.map(({ name, filesystem, mount }) => [name, filesystem, mount]),
    ).toEqual([
      ['ROOT', 'ext4', '/'],
      ['data', 'ext4', '/srv/data'],
      ['containers', 'btrfs', '/var/lib/docker'],
    ]);
  });

  it('started each job once', async () => {
    const { report } = await instance.status('core1');
    expect(report?.jobs.map(({ script, starts }) => [script, starts])).toEqual([
      ['stage-image', 1],
      ['write-image', 1],
      ['repartition', 1],
    ]);
  });

  it('under systemd, where sshd runs per connection, a job outlives its session too', async () => {
    const { address, sshPort, service } = instance.lab.server('core1');
    const master = await loadMasterSecret();
    const key = (purpose: 'login' | 'host') =>
      deriveKeyPair({ master, server: `ovh/${service}`, purpose });
    const seen = await outlivingJob({
      ...{ host: address, port: sshPort, user: 'core', privateKey: key('login').privateKey },
      hostKey: { kind: 'pinned', keys: [key('host').publicKey] },
    });
    expect(seen).toMatchObject({
      then: { kind: 'running' },
      end: { kind: 'done', exitCode: 0, starts: 1 },
    });
  });

  it('put the provider’s settings back', async () => {
    const { settings } = await instance.lab.server('core1').status();
    const [first] = (await instance.lab.server('core1').puts()) as Record<string, unknown>[];
    expect(first).toBeDefined();
    expect(settings).toMatchObject({ monitoring: true, noIntervention: false, rescueSshKey: null });
    expect(settings.bootId).toBe(1);
  });

  it('sent one hard reset; every other reboot was clean, from inside', async () => {
    const journal = await instance.lab.journal();
    const resets = journal.filter(({ method, path }) => method === 'POST' && /reboot/.test(path));
    expect(resets).toHaveLength(1);
  });

  it('kept its history small and every secret out of history, logs and ps', async () => {
    const { historyEvents, historyBytes } = await instance.status('core1');
    expect(historyEvents).toBeLessThanOrEqual(300);
    expect(historyBytes).toBeLessThanOrEqual(200_000);
    const { path } = await ensureTemporalCli({ log: () => {} });
    const { service } = instance.lab.server('core1');
    const history = execFileSync(
      path,
      [
        'workflow',
        'show',
        '-w',
        `server/ovh/${service}`,
        '-o',
        'json',
        '--address',
        instance.dev.address,
      ],
      { encoding: 'utf8', maxBuffer: 2 ** 26 },
    );
    const decoded = history.replaceAll(/"data": "([^"]*)"/g, (_, data: string) =>
      Buffer.from(data, 'base64').toString('latin1'),
    );
    const texts = { history, decoded, logs: instance.logs(), said: ended.stdout + ended.stderr };
    for (const canary of canaries.flatMap(shapes)) {
      for (const [where, text] of Object.entries(texts)) {
        expect(text.includes(canary), `a canary in ${where}`).toBe(false);
      }
    }
    expect([...watch.seen]).toEqual([]);
  });
});

type IgnitionConfig = {
  storage: { files: { path: string; contents: { source: string } }[] };
};

/** A line of the key's body that no other key has. */
function middleLine(privateKey: string): string {
  const lines = privateKey.trim().split('\n');
  return lines[Math.floor(lines.length / 2)] ?? '';
}
