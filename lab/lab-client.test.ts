import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, describe, expect, it } from 'vitest';

import { OvhClient } from '../src/providers/ovh/client.ts';
import { serverNamesSchema } from '../src/providers/ovh/schemas.ts';
import { loadAccount } from '../src/secrets/credentials.ts';
import { loadMirrors } from '../src/secrets/mirrors.ts';
import { writeClientConfig } from './client-config.ts';
import { LabDown, labUp } from './lab-client.ts';
import type { Lab } from './lab-client.ts';
import { defaultPorts, LabUsageError, labPaths, newKeys } from './lab-config.ts';

const folder = mkdtempSync(join(tmpdir(), 'ironstep-lab-'));
let lab: Lab | undefined;

afterEach(async () => {
  await lab?.down();
  rmSync(folder, { recursive: true, force: true });
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe('labUp', () => {
  it('starts a lab that ironstep can use, which outlives its daemon', async () => {
    const [api, images, control] = [await freePort(), await freePort(), await freePort()];
    const ports = { api, images, control };
    lab = await labUp({ folder, servers: 'core1:KS-2a', net: '127.0.78', ports, images: null });
    const server = lab.server('core1');
    const account = await loadAccount(lab.configFolder, 'lab');
    expect(statSync(join(lab.configFolder, 'credentials.yaml')).mode & 0o777).toBe(0o600);
    const client = new OvhClient(account);
    expect(await client.get('/dedicated/server', serverNamesSchema)).toEqual([server.service]);
    await client.put(`/dedicated/server/${server.service}`, { monitoring: false });
    await lab.arm({ kind: 'task-not-found', times: 3 });

    const killed = lab.daemonPid() ?? 0;
    process.kill(killed, 'SIGKILL');
    lab = await labUp({ folder, images: null });
    expect(lab.daemonPid()).not.toBe(killed);
    expect((await server.status()).settings.monitoring).toBe(false);
    expect(await server.puts()).toEqual([{ monitoring: false }]);
    expect(await lab.call('GET', '/faults')).toHaveLength(1);
    // The same keys still work.
    expect(await client.get('/dedicated/server', serverNamesSchema)).toHaveLength(1);

    const other = labUp({ folder, servers: 'core1:KS-2b', images: null });
    await expect(other).rejects.toThrow(LabUsageError);
    expect(() => lab?.server('core9')).toThrow('it has core1');
    await lab.down();
    expect(lab.daemonPid()).toBeNull();
    await expect(lab.status()).rejects.toThrow(LabDown);
  });

  it('leaves no file that others can read: lab.json holds keys', async () => {
    const ports = { api: await freePort(), images: await freePort(), control: await freePort() };
    lab = await labUp({ folder, servers: 'core1', ports, images: null });
    const open = execFileSync('find', [folder, '-type', 'f', '-perm', '/077'], {
      encoding: 'utf8',
    });
    expect(open).toBe('');
  });
});

describe('the configuration of ironstep', () => {
  it('names the mirror and the key that signs its releases', async () => {
    const signedBy = 'A1'.repeat(20);
    writeClientConfig(folder, {
      ...{ ports: defaultPorts, keys: newKeys(), bootIdShift: 0, servers: [] },
      images: {
        ...{ kernel: '', initrd: '', rescueSquashfs: '', releaseVersion: '1' },
        ...{ releaseFolder: folder, signingKeyFile: '/key.asc', signedBy },
      },
    });
    expect(await loadMirrors(labPaths(folder).clientConfig)).toEqual({
      lab: { url: 'http://127.0.0.1:7081/{channel}', signedBy, key: '/key.asc' },
    });
  });
});
