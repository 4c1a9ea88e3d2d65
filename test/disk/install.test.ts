import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { parseInspection } from '../../src/disk/inspection.ts';
import { parsePartitionTable } from '../../src/disk/partition-table.ts';
import { parseReport } from '../../src/disk/sections.ts';
import { containersUuid, dataUuid, diskBytes, InstallBench } from './install-bench.ts';
import { bootTraces, digestOf, mib, missingForLoopDisks, run, withMounted } from './loop-disks.ts';

const missing = missingForLoopDisks();

describe.skipIf(missing !== null)(`install on loop disks${missing ? ` (${missing})` : ''}`, () => {
  let lab: InstallBench;
  beforeAll(async () => {
    lab = new InstallBench();
    await lab.start();
  });
  beforeEach(() => lab.renew());
  afterAll(() => lab.stop());

  function entries(file: string): string[] {
    return run('sfdisk', ['--dump', file])
      .split('\n')
      .filter((line) => line.includes(' : start='))
      .map((line) => line.replace(/^.*?(\d+) : /, '$1 '));
  }

  it('shrink: the image with its own entries, bootable, backup GPT at the end of the disk', async () => {
    const written = await lab.write(await lab.inputs(false));
    expect(written.log).not.toContain('Failed');
    expect(written.exitCode).toBe(0);
    lab.expectInstalled();
    expect(entries(lab.disk.device)).toEqual(entries(lab.image.raw));
    expect(bootTraces(lab.disk)).toContain('backup GPT');
    const report = parseReport(written.out['report'] ?? '');
    expect(Number(report['bytes-written'])).toBe((83_968 + 327_680) * 512 - mib);
    expect(Number(report['total-ms'])).toBeGreaterThan(0);
  });

  it('presize: ROOT has its final size, the partitions their filesystems', async () => {
    const written = await lab.write(await lab.inputs(true));
    expect(written.log).not.toContain('Failed');
    expect(written.exitCode).toBe(0);
    lab.expectInstalled();
    const table = parsePartitionTable(written.out['table-after.json'] ?? '');
    const [root, data, containers] = table.entries.slice(-3);
    expect(root?.sizeSectors).toBe((200 * mib) / 512);
    expect(data).toMatchObject({ number: 10, partUuid: dataUuid, name: 'data' });
    expect(table.entries.find(({ number }) => number === 3)?.attributes).toBe('GUID:48,56');
    const superblock = run('dumpe2fs', ['-h', `${lab.disk.device}?offset=${83_968 * 512}`]);
    const [, blocks, bytes] = /Block count: +(\d+)[\s\S]*Block size: +(\d+)/.exec(superblock) ?? [];
    expect(Number(blocks) * Number(bytes)).toBe(200 * mib);
    withMounted(lab.disk, data?.startSector ?? 0, (at) => {
      expect(run('findmnt', ['-no', 'FSTYPE', at]).trim()).toBe('ext4');
    });
    const inspected = parseInspection((await lab.host.run('inspect', [], {})).stdout);
    const device = inspected.devices.find(({ serial }) => serial === lab.disk.serial);
    expect(device?.partitions.find(({ number }) => number === 11)?.filesystem).toMatchObject({
      type: 'btrfs',
      label: 'containers',
      uuid: containersUuid,
    });
    expect(containers?.number).toBe(11);
    expect(inspected.receipts[lab.disk.device]).toEqual({ 'install.json': '{"server":"core1"}' });
  });

  it('a wrong digest is refused before one byte is written', async () => {
    const before = digestOf(lab.disk.file);
    const args = lab.imageArguments();
    args[1] = lab.sha512.replace(/^./, (digit) => (digit === '0' ? '1' : '0'));
    const staged = await lab.stage(args);
    expect(staged.exitCode).toBe(10);
    expect(staged.log).toContain(`expected sha512 ${args[1]}, found ${lab.sha512}`);
    expect(digestOf(lab.disk.file)).toBe(before);
  });

  it('a download that is cut off is resumed where it stopped', async () => {
    lab.server.cutOff(2);
    const staged = await lab.stage();
    expect(staged.exitCode).toBe(0);
    expect(lab.server.requests).toHaveLength(3);
    expect(lab.server.requests[1]).toMatch(/^bytes=[1-9]/);
    expect(staged.out['image-bytes']?.trim()).toBe(String(lab.image.bytes));
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
    const input = change(await lab.inputs(false));
    const before = digestOf(lab.disk.file);
    const refused = await lab.write(input);
    expect(refused.log).toMatch(message);
    expect(refused.log).toContain('Nothing was written');
    expect(refused.exitCode).toBe(10);
    expect(digestOf(lab.disk.file)).toBe(before);
  });

  it('a disk in use is refused, nothing is written', async () => {
    run('mkfs.ext4', ['-q', '-F', lab.disk.device]);
    const input = await lab.inputs(false);
    const at = join(lab.bench.folder, 'busy');
    run('mkdir', [at]);
    run('mount', ['-o', 'ro,noload', lab.disk.device, at]);
    try {
      const before = digestOf(lab.disk.file);
      const refused = await lab.write(input);
      expect(refused.log).toMatch(/in use: loop\d+ is mounted at/);
      expect(refused.exitCode).toBe(10);
      expect(digestOf(lab.disk.file)).toBe(before);
    } finally {
      run('umount', [at]);
    }
  });

  it('two disks with the same serial are refused', async () => {
    const input = await lab.inputs(false);
    const twin = lab.bench.addDisk(lab.disk.serial.replace('LOOP', 'TWIN'), diskBytes);
    lab.bench.fake(
      'lsblk',
      `[ "$5" != SERIAL ] || case $6 in
      ${lab.disk.device} | ${twin.device}) echo ${lab.disk.serial}; exit ;;
      esac
      exec /usr/bin/lsblk "$@"`,
    );
    const refused = await lab.write(input);
    expect(refused.log).toMatch(/more than one disk has serial/);
    expect(refused.exitCode).toBe(10);
  });

  it('streams the image twice when it does not fit into RAM, and checks it twice', async () => {
    lab.bench.fake('df', 'printf "fs 0 0 0 0\\n"');
    lab.bench.fake('mount', 'case "$*" in *tmpfs*) exit 1 ;; esac; exec /usr/bin/mount "$@"');
    try {
      const staged = await lab.stage();
      expect(staged.log).toContain('does not fit into RAM');
      expect(staged.exitCode).toBe(0);
      const written = await lab.write(await lab.inputs(false));
      expect(written.exitCode).toBe(0);
      lab.expectInstalled();
      const swapped = `${lab.image.compressed}.good`;
      run('cp', [lab.image.compressed, swapped]);
      try {
        const bytes = readFileSync(lab.image.compressed);
        // The frame's last bytes are its checksum: the same length, another lab.image.
        bytes[bytes.length - 1] = (bytes[bytes.length - 1] ?? 0) ^ 0xff;
        const input = await lab.inputs(false);
        writeFileSync(lab.image.compressed, bytes);
        const failed = await lab.write(input);
        expect(failed.exitCode).toBe(11);
        expect(bootTraces(lab.disk)).toEqual([]);
      } finally {
        run('cp', [swapped, lab.image.compressed]);
      }
    } finally {
      run('rm', [join(lab.bench.fakes, 'df'), join(lab.bench.fakes, 'mount')]);
    }
  });
});
