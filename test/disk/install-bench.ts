import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { expect } from 'vitest';

import { parseInspection } from '../../src/disk/inspection.ts';
import type { SolvedLayout } from '../../src/disk/layout.ts';
import { renderPartitions, solveLayout } from '../../src/disk/layout.ts';
import { renderLease } from '../../src/disk/lease.ts';
import { parsePartitionTable } from '../../src/disk/partition-table.ts';
import { finalTable } from '../../src/disk/table.ts';
import { ImageServer } from './image-server.ts';
import type { LoopDisk, SmallImage } from './loop-disks.ts';
import { Bench, buildImage, digestOf, mib, readAt, run, withMounted } from './loop-disks.ts';
import type { KillPoint, ScriptRun } from './script-runs.ts';
import { ScriptHost } from './script-runs.ts';

const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
export const dataUuid = '11111111-2222-4333-8444-555555555555';
export const containersUuid = '66666666-7777-4888-9999-aaaaaaaaaaaa';
export const diskBytes = 640 * mib;

/** An image on a server, and a new disk with its rescue system for every test. */
export class InstallBench {
  readonly bench = new Bench();
  readonly image: SmallImage;
  readonly server: ImageServer;
  readonly sha512: string;
  url = '';
  disk: LoopDisk;
  host: ScriptHost;
  #disks = 0;

  constructor() {
    this.image = buildImage(this.bench.folder);
    this.server = new ImageServer(this.image.compressed);
    this.sha512 = digestOf(this.image.compressed, 'sha512sum');
    this.disk = this.newDisk();
    this.host = new ScriptHost(this.bench);
  }

  async start(): Promise<void> {
    this.url = await this.server.listen();
  }

  /** A new empty disk in a new boot of rescue; the one before is thrown away. */
  renew(): void {
    this.bench.removeDisks();
    this.disk = this.newDisk();
    this.host = new ScriptHost(this.bench);
    this.server.requests.length = 0;
  }

  newDisk(): LoopDisk {
    this.#disks += 1;
    return this.bench.addDisk(`LOOP-${this.#disks}`, diskBytes);
  }

  async stop(): Promise<void> {
    await this.server.close();
    this.bench.remove();
  }

  imageArguments(): string[] {
    return [this.url, this.sha512, String(statSync(this.image.compressed).size), 'zst'];
  }

  async stage(args = this.imageArguments()): Promise<ScriptRun> {
    return this.host.run('stage-image', args, {});
  }

  layoutOn(tableJson: string): SolvedLayout {
    return solveLayout({
      diskSectors: diskBytes / 512,
      sectorBytes: 512,
      rootStartSector: parsePartitionTable(tableJson).entries.at(-1)?.startSector ?? 0,
      layout: {
        apply: 'presize',
        root: 200 * mib,
        partitions: [
          { name: 'data', size: 100 * mib, filesystem: 'ext4', mount: '/srv/data' },
          { name: 'containers', size: 'rest', filesystem: 'btrfs' },
        ],
      },
      minRootBytes: 160 * mib,
      partUuids: { data: dataUuid, containers: containersUuid },
    });
  }

  async inputs(presize: boolean): Promise<Record<string, string>> {
    const tableJson = (await this.stage()).out['image-table.json'] ?? '';
    const solved = presize ? this.layoutOn(tableJson) : null;
    const inspection = parseInspection((await this.host.run('inspect', [], {})).stdout);
    const device = inspection.devices.find(({ serial }) => serial === this.disk.serial);
    return {
      lease: renderLease({
        id: `install-${this.disk.serial}`,
        phase: 'install',
        server: 'core1',
        serial: this.disk.serial,
        wwn: '',
        sizeBytes: diskBytes,
        imageSha512: this.sha512,
        fingerprint: device?.fingerprint ?? 'not inspected',
        bootId,
      }),
      'table.sfdisk': finalTable(parsePartitionTable(tableJson), solved),
      'config.ign': '{"ignition":{"version":"3.3.0"}}',
      'receipt.json': '{"server":"core1"}',
      user_data: '#cloud-config\n',
      ...(solved === null ? {} : { partitions: renderPartitions(solved) }),
    };
  }

  async write(input: Record<string, string>, kill?: KillPoint): Promise<ScriptRun> {
    return this.host.run('write-image', [...this.imageArguments(), '9', '6'], input, kill);
  }

  expectInstalled(): void {
    expect(run('sfdisk', ['--verify', this.disk.device])).toContain('No errors detected');
    expect(readAt(this.disk.device, 0, 440)).toEqual(this.image.bootCode);
    const usr = 16_384 * 512;
    expect(
      readAt(this.disk.device, usr, 4 * mib).equals(readAt(this.image.raw, usr, 4 * mib)),
    ).toBe(true);
    withMounted(this.disk, 49_152, (oem) => {
      expect(readFileSync(join(oem, 'config.ign'), 'utf8')).toContain('3.3.0');
      expect(statSync(join(oem, 'config.ign')).mode & 0o777).toBe(0o600);
      expect(readFileSync(join(oem, 'ironstep/install.json'), 'utf8')).toContain('core1');
    });
    withMounted(this.disk, 83_968, (root) => {
      expect(readFileSync(join(root, 'etc/os-release'), 'utf8')).toBe('ID=flatcar\n');
      expect(readFileSync(join(root, 'var/lib/flatcar-install/user_data'), 'utf8')).toBe(
        '#cloud-config\n',
      );
    });
  }
}
