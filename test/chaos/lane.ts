import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { parse, stringify } from 'yaml';

import { makeDemoKey } from '../../lab/demo-key.ts';
import type { Lab, LabServerHandle } from '../../lab/lab-client.ts';
import { deriveKeyPair } from '../../src/secrets/derive-key.ts';
import { loadMasterSecret } from '../../src/secrets/master-secret.ts';
import { Instance } from '../lab/instance.ts';
import { ApiProxy } from './api-proxy.ts';
import { CutProxy } from './cut-proxy.ts';
import type { GuestAccess } from './guest.ts';
import type { PlannedRun } from './plan.ts';

/** A small disk: a run takes less than a minute, and a shrink little more. */
const machine = 'core1:KS-2c';
const sizes = { root: '20GiB', data: '10GiB' };

/**
 * A machine, its provider, Temporal and a worker of their own, with everything between them that
 * can be cut. One run after the other; several lanes can run side by side, one in each process.
 */
export class Lane {
  readonly instance: Instance;
  readonly server: LabServerHandle;
  readonly api: ApiProxy;
  readonly ssh: CutProxy;
  readonly guestAccess: GuestAccess;

  private constructor(
    instance: Instance,
    server: LabServerHandle,
    api: ApiProxy,
    ssh: CutProxy,
    guestAccess: GuestAccess,
  ) {
    this.instance = instance;
    this.server = server;
    this.api = api;
    this.ssh = ssh;
    this.guestAccess = guestAccess;
  }

  /** `net`: first three numbers of its addresses, another one for each lane. */
  static async open(net: string): Promise<Lane> {
    const proxies: ApiProxy[] = [];
    const instance = await Instance.start({
      ...{ net, servers: machine },
      configure: async (lab, folder) => {
        const api = await ApiProxy.listen(lab.config.ports.api);
        proxies.push(api);
        return configureThrough(api, lab, join(folder, 'through-proxy'));
      },
    });
    const [api] = proxies;
    if (api === undefined) throw new Error('the instance was started without its configuration');
    await makeDemoKey(join(instance.folder, 'demo'));
    const server = instance.lab.server('core1');
    const { address, sshPort, service } = server;
    const master = await loadMasterSecret();
    const key = (purpose: 'rescue' | 'login') =>
      deriveKeyPair({ master, server: `ovh/${service}`, purpose }).privateKey;
    const access = { address, sshPort, rescueKey: key('rescue'), loginKey: key('login') };
    return new Lane(instance, server, api, await CutProxy.listen(address, sshPort), access);
  }

  async close(): Promise<void> {
    await this.instance.stop();
    await this.api.close();
    await this.ssh.close();
  }

  /** An empty disk, as on delivery. Returns its serial number. */
  async emptyDisk(): Promise<string> {
    const { disks } = await this.server.powerOff();
    const [disk] = disks;
    if (disk === undefined) throw new Error(`${this.server.name} has no disk`);
    rmSync(disk.file, { force: true });
    await this.server.powerOn();
    return disk.serial;
  }

  /** The spec of a run; SSH goes through the proxy. */
  spec(apply: PlannedRun['apply'], serial: string): string {
    const { name, service } = this.server;
    return this.instance.file(
      `${name}.yaml`,
      stringify({
        server: name,
        provider: { kind: 'ovh', service, account: 'lab' },
        image: { os: 'flatcar', mirror: 'lab' },
        disk: { serial },
        ssh: { port: this.ssh.port, authorizedKeys: ['demo.pub'] },
        layout: {
          apply,
          root: sizes.root,
          partitions: [
            { name: 'data', size: sizes.data, filesystem: 'ext4', mount: '/srv/data' },
            { name: 'containers', size: 'rest', filesystem: 'btrfs', mount: '/var/lib/docker' },
          ],
        },
      }),
    );
  }
}

/** The lab's own configuration, but with the proxy in front of its API. */
function configureThrough(api: ApiProxy, lab: Lab, folder: string): string {
  mkdirSync(folder, { mode: 0o700 });
  const text = readFileSync(join(lab.configFolder, 'credentials.yaml'), 'utf8');
  const accounts = parse(text) as Record<string, Record<string, string>>;
  const through = Object.entries(accounts).map(([name, account]) => [
    name,
    { ...account, endpoint: api.endpoint },
  ]);
  writeFileSync(join(folder, 'credentials.yaml'), stringify(Object.fromEntries(through)), {
    mode: 0o600,
  });
  copyFileSync(join(lab.configFolder, 'mirrors.yaml'), join(folder, 'mirrors.yaml'));
  return folder;
}
