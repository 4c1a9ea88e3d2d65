import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { fileURLToPath } from 'node:url';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';

import { makeDemoKey } from '../../lab/demo-key.ts';
import { deriveKeyPair } from '../../src/secrets/derive-key.ts';
import { loadMasterSecret } from '../../src/secrets/master-secret.ts';
import { Instance } from './instance.ts';

const fixtures = fileURLToPath(new URL('../fixtures/', import.meta.url));

/** The how-to's own configs look wrong in places, and yet somebody must be able to log in. */
describe('the legacy cloud-configs of the how-to end in a login, theirs and ours', () => {
  let instance: Instance;

  beforeAll(async () => {
    instance = await Instance.start({ net: '127.0.80', servers: 'core1:KS-2c,core2:KS-2c' });
    await makeDemoKey(`${instance.folder}/theirs`);
  });
  afterAll(() => instance?.stop());

  const cases = [
    { server: 'core1', template: 'howto-1.cloud-config.yaml' },
    { server: 'core2', template: 'howto-2.cloud-config.yaml' },
  ];

  it.each(cases)('$template', async ({ server, template }) => {
    const handle = instance.lab.server(server);
    const serial = (await handle.status()).disks[0]?.serial ?? '';
    const theirs = readFileSync(`${instance.folder}/theirs.pub`, 'utf8').trim();
    const config = readFileSync(`${fixtures}/${template}`, 'utf8').replaceAll('{{KEY}}', theirs);
    instance.file('user.yaml', config);
    const spec = instance.file(
      `${server}.yaml`,
      stringify({
        server,
        provider: { kind: 'ovh', service: handle.service, account: 'lab' },
        image: { os: 'flatcar', mirror: 'lab' },
        config: { cloudConfig: 'user.yaml' },
        disk: { serial },
        ssh: { port: handle.sshPort },
      }),
    );
    const ended = await instance.run('provision', spec, '--wipe', serial);
    expect(ended.exitCode, ended.stdout + ended.stderr).toBe(0);
    const hostname = /^hostname: *(\S+)/m.exec(config)?.[1] ?? server;
    expect(await login(server, `${instance.folder}/theirs`)).toBe(hostname);
    const master = await loadMasterSecret();
    const { privateKey } = deriveKeyPair({
      master,
      server: `ovh/${handle.service}`,
      purpose: 'login',
    });
    const ours = instance.file('ours', privateKey);
    await promisify(execFile)('chmod', ['600', ours]);
    expect(await login(server, ours)).toBe(hostname);
  });

  /** What `hostname` says after a login with this key and the pinned host key. */
  async function login(server: string, key: string): Promise<string> {
    const { address, sshPort, service } = instance.lab.server(server);
    const master = await loadMasterSecret();
    const host = deriveKeyPair({ master, server: `ovh/${service}`, purpose: 'host' });
    const knownHosts = `${instance.folder}/known_hosts`;
    const place = sshPort === 22 ? address : `[${address}]:${sshPort}`;
    writeFileSync(knownHosts, `${place} ${host.publicKey}\n`);
    const options = [
      ...['-F', 'none', '-i', key, '-o', 'IdentitiesOnly=yes', '-o', 'BatchMode=yes'],
      ...['-o', `UserKnownHostsFile=${knownHosts}`, '-o', 'StrictHostKeyChecking=yes'],
    ];
    const { stdout } = await promisify(execFile)('ssh', [
      ...options,
      ...['-p', String(sshPort), `core@${address}`, 'hostname'],
    ]);
    return stdout.trim();
  }
});
