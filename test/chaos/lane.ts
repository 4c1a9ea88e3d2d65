import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { parse, stringify } from 'yaml';
import { z } from 'zod';

import { makeDemoKey } from '../../lab/demo-key.ts';
import type { LabServerHandle } from '../../lab/lab-client.ts';
import type { LabConfig } from '../../lab/lab-config.ts';
import { ensureDev, stopDev } from '../../src/dev/background.ts';
import type { DevOptions } from '../../src/dev/dev.ts';
import { deriveKeyPair } from '../../src/secrets/derive-key.ts';
import { loadMasterSecret } from '../../src/secrets/master-secret.ts';
import { Instance } from '../lab/instance.ts';
import { ApiProxy } from './api-proxy.ts';
import { CutProxy } from './cut-proxy.ts';
import type { GuestAccess } from './guest.ts';
import type { PlannedRun } from './plan.ts';

const server = 'core1';
/** On the small disk of a KS-2c: a run takes less than a minute, and a shrink little more. */
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
  /** What workers are configured by: the proxy instead of the API. */
  readonly configFolder: string;
  readonly guestAccess: GuestAccess;

  private constructor(
    instance: Instance,
    proxies: { api: ApiProxy; ssh: CutProxy; configFolder: string },
    guestAccess: GuestAccess,
  ) {
    this.instance = instance;
    this.server = instance.lab.server(server);
    this.api = proxies.api;
    this.ssh = proxies.ssh;
    this.configFolder = proxies.configFolder;
    this.guestAccess = guestAccess;
  }

  /** `net`: first three numbers of its addresses, another one for each lane. */
  static async open(net: string): Promise<Lane> {
    let between: Between | undefined;
    const { dev, lab } = portsOf(net);
    const instance = await Instance.start({
      ...{ net, servers: `${server}:KS-2c`, ports: lab },
      temporal: async (folder, labConfigFolder) => {
        between = await proxyBetween(labConfigFolder, join(folder, 'through-proxy'));
        const status = await ensureDev({ configFolder: between.configFolder, ...dev });
        return { ...status, stop: async () => void (await stopDev()) };
      },
    });
    if (between === undefined) throw new Error('the instance was started without its proxy');
    await makeDemoKey(join(instance.folder, 'demo'));
    const { address, sshPort, service } = instance.lab.server(server);
    const master = await loadMasterSecret();
    const key = (purpose: 'rescue' | 'login') =>
      deriveKeyPair({ master, server: `ovh/${service}`, purpose }).privateKey;
    const access = {
      ...{ address, sshPort, rescueKey: key('rescue'), loginKey: key('login') },
      rescueAnswers: () => rescueAnswers(instance.lab.server(server)),
    };
    return new Lane(instance, { ...between, ssh: await CutProxy.listen(address, sshPort) }, access);
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

async function rescueAnswers(handle: LabServerHandle): Promise<boolean> {
  // The lab's daemon is one of those that are killed.
  const seen = await handle.status().catch(() => null);
  return seen?.runs === 'rescue' && typeof seen.boots.at(-1)?.bannerAfterMs === 'number';
}

/**
 * Ports that are a lane's alone, also in the moments in which nobody listens there because he was
 * killed: neither a default of another `dev`, nor one that Linux gives to whoever connects (32768
 * and up).
 */
function portsOf(net: string): {
  dev: Required<Pick<DevOptions, 'port' | 'uiPort' | 'codecPort'>>;
  lab: LabConfig['ports'];
} {
  const first = 20_000 + Number(net.split('.').at(-1)) * 10;
  return {
    dev: { port: first, uiPort: first + 1, codecPort: first + 2 },
    lab: { api: first + 3, images: first + 4, control: first + 5 },
  };
}

type Between = { api: ApiProxy; configFolder: string };

/** Puts a proxy in front of the lab's API, and writes the lab's configuration with it instead. */
async function proxyBetween(labConfigFolder: string, configFolder: string): Promise<Between> {
  mkdirSync(configFolder, { mode: 0o700 });
  const text = readFileSync(join(labConfigFolder, 'credentials.yaml'), 'utf8');
  const { lab } = accountsSchema.parse(parse(text));
  const api = await ApiProxy.listen(Number(new URL(lab.endpoint).port));
  const through = stringify({ lab: { ...lab, endpoint: api.endpoint } });
  writeFileSync(join(configFolder, 'credentials.yaml'), through, { mode: 0o600 });
  copyFileSync(join(labConfigFolder, 'mirrors.yaml'), join(configFolder, 'mirrors.yaml'));
  return { api, configFolder };
}

const accountsSchema = z.object({ lab: z.looseObject({ endpoint: z.string() }) });
