import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { deriveKeyPair } from '../../src/secrets/derive-key.ts';
import { loadMasterSecret } from '../../src/secrets/master-secret.ts';
import type { Instance } from './instance.ts';

const fixtures = fileURLToPath(new URL('../fixtures/', import.meta.url));

/**
 * Puts one of the legacy cloud-configs of the how-to into the person's folder, with the person's
 * `demo.pub` in it, as `user.yaml`; returns the host name that it gives. They look wrong in places,
 * and yet somebody must be able to log in.
 */
export function writeHowtoConfig(instance: Instance, name: 'howto-1' | 'howto-2'): string {
  const theirs = readFileSync(`${instance.folder}/demo.pub`, 'utf8').trim();
  const template = readFileSync(`${fixtures}/${name}.cloud-config.yaml`, 'utf8');
  instance.file('user.yaml', template.replaceAll('{{KEY}}', theirs));
  return /^hostname: *(\S+)/m.exec(template)?.[1] ?? '';
}

/** What `hostname` says to the person and to ironstep, each with their own key, in this order. */
export async function hostnamesAt(instance: Instance, server: string): Promise<string[]> {
  const { address, sshPort, service } = instance.lab.server(server);
  const of = { master: await loadMasterSecret(), server: `ovh/${service}` };
  const { privateKey } = deriveKeyPair({ ...of, purpose: 'login' });
  const ours = `${instance.folder}/ours`;
  writeFileSync(ours, privateKey, { mode: 0o600 });
  const host = deriveKeyPair({ ...of, purpose: 'host' });
  const place = sshPort === 22 ? address : `[${address}]:${sshPort}`;
  const knownHosts = instance.file('known_hosts', `${place} ${host.publicKey}\n`);
  const names: string[] = [];
  for (const key of [`${instance.folder}/demo`, ours]) {
    const { stdout } = await promisify(execFile)('ssh', [
      ...['-F', 'none', '-i', key, '-o', 'IdentitiesOnly=yes', '-o', 'BatchMode=yes'],
      ...['-o', `UserKnownHostsFile=${knownHosts}`, '-o', 'StrictHostKeyChecking=yes'],
      ...['-p', String(sshPort), `core@${address}`, 'hostname'],
    ]);
    names.push(stdout.trim());
  }
  return names;
}
