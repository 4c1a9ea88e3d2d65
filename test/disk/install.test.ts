import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { parseInspection } from '../../src/disk/inspection.ts';
import type { SolvedLayout } from '../../src/disk/layout.ts';
import { renderPartitions, solveLayout } from '../../src/disk/layout.ts';
import { renderLease } from '../../src/disk/lease.ts';
import { parsePartitionTable } from '../../src/disk/partition-table.ts';
import { parseReport } from '../../src/disk/sections.ts';
import { finalTable } from '../../src/disk/table.ts';
import { ImageServer } from './image-server.ts';
import type { LoopDisk, SmallImage } from './loop-disks.ts';
import {
  Bench,
  bootTraces,
  buildImage,
  digestOf,
  mib,
  missingForLoopDisks,
  readAt,
  run,
  withMounted,
  writeAt,
} from './loop-disks.ts';
import type { KillPoint, ScriptRun } from './script-runs.ts';
import { ScriptHost } from './script-runs.ts';

const missing = missingForLoopDisks();
const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
const dataUuid = '11111111-2222-4333-8444-555555555555';
const containersUuid = '66666666-7777-4888-9999-aaaaaaaaaaaa';
const diskBytes = 640 * mib;

describe.skipIf(missing !== null)(`install on loop disks${missing ? ` (${missing})` : ''}`, () => {
  const bench = new Bench();
  let image: SmallImage;
  let server: ImageServer;
  let url: string;
  let sha512: string;
  let disk: LoopDisk;
  let host: ScriptHost;
  let disks = 0;

  beforeAll(async () => {
    image = buildImage(bench.folder);
    server = new ImageServer(image.compressed);
    url = await server.listen();
    sha512 = digestOf(image.compressed, 'sha512sum');
  });

  afterAll(async () => {
    await server.close();
    bench.remove();
  });

  afterEach(() => bench.removeDisks());

  beforeEach(() => {
    disks += 1;
    disk = bench.addDisk(`LOOP-${disks}`, diskBytes);
    host = new ScriptHost(bench);
    server.requests.length = 0;
  });

  function imageArguments(): string[] {
    return [url, sha512, String(statSync(image.compressed).size), 'zst'];
  }

  async function stage(args = imageArguments()): Promise<ScriptRun> {
    return host.run('stage-image', args, {});
  }

  function layoutOn(tableJson: string): SolvedLayout {
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

  async function inputs(presize: boolean): Promise<Record<string, string>> {
    const tableJson = (await stage()).out['image-table.json'] ?? '';
    const solved = presize ? layoutOn(tableJson) : null;
    const inspection = parseInspection((await host.run('inspect', [], {})).stdout);
    const device = inspection.devices.find(({ serial }) => serial === disk.serial);
    return {
      lease: renderLease({
        id: `install-${disk.serial}`,
        phase: 'install',
        server: 'core1',
        serial: disk.serial,
        wwn: '',
        sizeBytes: diskBytes,
        imageSha512: sha512,
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

  async function write(input: Record<string, string>, kill?: KillPoint): Promise<ScriptRun> {
    return host.run('write-image', [...imageArguments(), '9', '6'], input, kill);
  }

  function expectInstalled(): void {
    expect(run('sfdisk', ['--verify', disk.device])).toContain('No errors detected');
    expect(readAt(disk.device, 0, 440)).toEqual(image.bootCode);
    const usr = 16_384 * 512;
    expect(readAt(disk.device, usr, 4 * mib).equals(readAt(image.raw, usr, 4 * mib))).toBe(true);
    withMounted(disk, 49_152, (oem) => {
      expect(readFileSync(join(oem, 'config.ign'), 'utf8')).toContain('3.3.0');
      expect(statSync(join(oem, 'config.ign')).mode & 0o777).toBe(0o600);
      expect(readFileSync(join(oem, 'ironstep/install.json'), 'utf8')).toContain('core1');
    });
    withMounted(disk, 83_968, (root) => {
      expect(readFileSync(join(root, 'etc/os-release'), 'utf8')).toBe('ID=flatcar\n');
      expect(readFileSync(join(root, 'var/lib/flatcar-install/user_data'), 'utf8')).toBe(
        '#cloud-config\n',
      );
    });
  }

  function entries(file: string): string[] {
    return run('sfdisk', ['--dump', file])
      .split('\n')
      .filter((line) => line.includes(' : start='))
      .map((line) => line.replace(/^.*?(\d+) : /, '$1 '));
  }

  it('shrink: the image with its own entries, bootable, backup GPT at the end of the disk', async () => {
    const written = await write(await inputs(false));
    expect(written.log).not.toContain('Failed');
    expect(written.exitCode).toBe(0);
    expectInstalled();
    expect(entries(disk.device)).toEqual(entries(image.raw));
    expect(bootTraces(disk)).toContain('backup GPT');
    const report = parseReport(written.out['report'] ?? '');
    expect(Number(report['bytes-written'])).toBe((83_968 + 327_680) * 512 - mib);
    expect(Number(report['total-ms'])).toBeGreaterThan(0);
  });

  it('presize: ROOT has its final size, the partitions their filesystems', async () => {
    const written = await write(await inputs(true));
    expect(written.log).not.toContain('Failed');
    expect(written.exitCode).toBe(0);
    expectInstalled();
    const table = parsePartitionTable(written.out['table-after.json'] ?? '');
    const [root, data, containers] = table.entries.slice(-3);
    expect(root?.sizeSectors).toBe((200 * mib) / 512);
    expect(data).toMatchObject({ number: 10, partUuid: dataUuid, name: 'data' });
    expect(table.entries.find(({ number }) => number === 3)?.attributes).toBe('GUID:48,56');
    const superblock = run('dumpe2fs', ['-h', `${disk.device}?offset=${83_968 * 512}`]);
    const [, blocks, bytes] = /Block count: +(\d+)[\s\S]*Block size: +(\d+)/.exec(superblock) ?? [];
    expect(Number(blocks) * Number(bytes)).toBe(200 * mib);
    withMounted(disk, data?.startSector ?? 0, (at) => {
      expect(run('findmnt', ['-no', 'FSTYPE', at]).trim()).toBe('ext4');
    });
    const inspected = parseInspection((await host.run('inspect', [], {})).stdout);
    const device = inspected.devices.find(({ serial }) => serial === disk.serial);
    expect(device?.partitions.find(({ number }) => number === 11)?.filesystem).toMatchObject({
      type: 'btrfs',
      label: 'containers',
      uuid: containersUuid,
    });
    expect(containers?.number).toBe(11);
    expect(inspected.receipts[disk.device]).toEqual({ 'install.json': '{"server":"core1"}' });
  });

  it('a wrong digest is refused before one byte is written', async () => {
    const before = digestOf(disk.file);
    const args = imageArguments();
    args[1] = sha512.replace(/^./, (digit) => (digit === '0' ? '1' : '0'));
    const staged = await stage(args);
    expect(staged.exitCode).toBe(10);
    expect(staged.log).toContain(`expected sha512 ${args[1]}, found ${sha512}`);
    expect(digestOf(disk.file)).toBe(before);
  });

  it('a download that is cut off is resumed where it stopped', async () => {
    server.cutOff(2);
    const staged = await stage();
    expect(staged.exitCode).toBe(0);
    expect(server.requests).toHaveLength(3);
    expect(server.requests[1]).toMatch(/^bytes=[1-9]/);
    expect(staged.out['image-bytes']?.trim()).toBe(String(image.bytes));
  });

  const refusals: [string, (input: Record<string, string>) => Record<string, string>, RegExp][] = [
    [
      'another serial',
      (input) => ({ ...input, lease: changed(input, /serial=.*/, 'serial=LOOP-99') }),
      /no disk has serial 'LOOP-99'/,
    ],
    [
      'another size',
      (input) => ({ ...input, lease: changed(input, /size-bytes=.*/, 'size-bytes=1000') }),
      /the lease says 1000/,
    ],
    [
      'contents that changed since the approval',
      (input) => ({
        ...input,
        lease: changed(input, /fingerprint=.*/, 'fingerprint=0123456789ab'),
      }),
      /approved: .* with contents 0123456789ab, found: .* with contents empty/,
    ],
    [
      'another image',
      (input) => ({ ...input, lease: changed(input, /sha512=.*/, 'sha512=00') }),
      /the lease is for the image 00/,
    ],
    [
      'a lease of another boot',
      (input) => ({ ...input, lease: changed(input, /boot-id=.*/, 'boot-id=another') }),
      /before the server booted again/,
    ],
    [
      'a lease of another phase',
      (input) => ({ ...input, lease: changed(input, /phase=.*/, 'phase=repartition') }),
      /the lease is for repartition/,
    ],
  ];

  function changed(input: Record<string, string>, what: RegExp, to: string): string {
    return (input['lease'] ?? '').replace(what, to);
  }

  it.each(refusals)('%s: refused, nothing is written', async (_, change, message) => {
    const input = change(await inputs(false));
    const before = digestOf(disk.file);
    const refused = await write(input);
    expect(refused.log).toMatch(message);
    expect(refused.log).toContain('Nothing was written');
    expect(refused.exitCode).toBe(10);
    expect(digestOf(disk.file)).toBe(before);
  });

  it('a disk in use is refused, nothing is written', async () => {
    run('mkfs.ext4', ['-q', '-F', disk.device]);
    const input = await inputs(false);
    const at = join(bench.folder, 'busy');
    run('mkdir', [at]);
    run('mount', ['-o', 'ro,noload', disk.device, at]);
    try {
      const before = digestOf(disk.file);
      const refused = await write(input);
      expect(refused.log).toMatch(/in use: loop\d+ is mounted at/);
      expect(refused.exitCode).toBe(10);
      expect(digestOf(disk.file)).toBe(before);
    } finally {
      run('umount', [at]);
    }
  });

  it('two disks with the same serial are refused', async () => {
    const input = await inputs(false);
    const twin = bench.addDisk(disk.serial.replace('LOOP', 'TWIN'), diskBytes);
    bench.fake(
      'lsblk',
      `[ "$5" != SERIAL ] || case $6 in
      ${disk.device} | ${twin.device}) echo ${disk.serial}; exit ;;
      esac
      exec /usr/bin/lsblk "$@"`,
    );
    const refused = await write(input);
    expect(refused.log).toMatch(/more than one disk has serial/);
    expect(refused.exitCode).toBe(10);
  });

  const kills: [string, KillPoint][] = [
    ['after the end was wiped', { tool: 'dd', call: 3, when: 'after' }],
    ['in the middle of the body', { tool: 'dd', call: 11, when: 'before' }],
    ['before ROOT is resized', { tool: 'resize2fs', call: 1, when: 'before' }],
    ['after ROOT was resized', { tool: 'resize2fs', call: 1, when: 'after' }],
    ['before the btrfs is made', { tool: 'mkfs.btrfs', call: 1, when: 'before' }],
    ['while the config is written', { tool: 'umount', call: 1, when: 'before' }],
  ];

  it.each(kills)('killed %s: nothing boots, and the next attempt finishes', async (_, kill) => {
    run('sfdisk', ['--quiet', disk.device], 'label: gpt\nstart=2048, size=4096, name="old"\n');
    writeAt(disk.device, 0, Buffer.alloc(440, 0x90));
    const input = await inputs(true);
    const killed = await write(input, kill);
    expect(killed.exitCode, killed.log).toBeNull();
    if (kill.call !== 3) expect(bootTraces(disk)).toEqual([]);
    const again = await write(input);
    expect(again.log).not.toContain('Failed');
    expect(again.exitCode).toBe(0);
    expectInstalled();
  });

  it('after a power cut in the body a new lease on the blank disk finishes', async () => {
    const killed = await write(await inputs(true), { tool: 'dd', call: 11, when: 'after' });
    expect(killed.exitCode, killed.log).toBeNull();
    host.losePower();
    const input = await inputs(true);
    expect(input['lease']).toContain('fingerprint=empty');
    expect((await write(input)).exitCode).toBe(0);
    expectInstalled();
  });

  it('streams the image twice when it does not fit into RAM, and checks it twice', async () => {
    bench.fake('df', 'printf "fs 0 0 0 0\\n"');
    bench.fake('mount', 'case "$*" in *tmpfs*) exit 1 ;; esac; exec /usr/bin/mount "$@"');
    try {
      const staged = await stage();
      expect(staged.log).toContain('does not fit into RAM');
      expect(staged.exitCode).toBe(0);
      const written = await write(await inputs(false));
      expect(written.exitCode).toBe(0);
      expectInstalled();
      const swapped = `${image.compressed}.good`;
      run('cp', [image.compressed, swapped]);
      try {
        const bytes = readFileSync(image.compressed);
        // The frame's last bytes are its checksum: the same length, another image.
        bytes[bytes.length - 1] = (bytes[bytes.length - 1] ?? 0) ^ 0xff;
        const input = await inputs(false);
        writeFileSync(image.compressed, bytes);
        const failed = await write(input);
        expect(failed.exitCode).toBe(11);
        expect(bootTraces(disk)).toEqual([]);
      } finally {
        run('cp', [swapped, image.compressed]);
      }
    } finally {
      run('rm', [join(bench.fakes, 'df'), join(bench.fakes, 'mount')]);
    }
  });
});
