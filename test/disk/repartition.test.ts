import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import type { BlockDevice } from '../../src/disk/block-device.ts';
import { parseInspection } from '../../src/disk/inspection.ts';
import type { SolvedLayout } from '../../src/disk/layout.ts';
import { renderPartitions, solveLayout } from '../../src/disk/layout.ts';
import { renderLease } from '../../src/disk/lease.ts';
import type { PartitionTable } from '../../src/disk/partition-table.ts';
import { parsePartitionTable } from '../../src/disk/partition-table.ts';
import { parseReport } from '../../src/disk/sections.ts';
import { finalTable } from '../../src/disk/table.ts';
import type { LoopDisk } from './loop-disks.ts';
import {
  Bench,
  digestOf,
  mib,
  missingForLoopDisks,
  run,
  smallTable,
  withMounted,
} from './loop-disks.ts';
import type { KillPoint, ScriptRun } from './script-runs.ts';
import { ScriptHost } from './script-runs.ts';

const missing = missingForLoopDisks();
const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
const dataUuid = '11111111-2222-4333-8444-555555555555';
const containersUuid = '66666666-7777-4888-9999-aaaaaaaaaaaa';
const diskBytes = 640 * mib;
const rootStart = 83_968;
const rootBytesNow = 596 * mib;

describe.skipIf(missing !== null)(
  `repartition on loop disks${missing ? ` (${missing})` : ''}`,
  () => {
    const bench = new Bench();
    let template: string;
    let disk: LoopDisk;
    let host: ScriptHost;
    let disks = 0;

    /** A disk in use: ROOT grown to the end, some of its files beyond the new end. */
    beforeAll(() => {
      const grown = bench.addDisk('TEMPLATE', diskBytes);
      run(
        'sfdisk',
        ['-q', grown.device],
        smallTable.replace('size=327680', `size=${rootBytesNow / 512}`),
      );
      const oem = `offset=${49_152 * 512}`;
      run('mkfs.ext4', ['-q', '-F', '-L', 'OEM', '-E', oem, grown.device, '16m']);
      const root = `offset=${rootStart * 512}`;
      run('mkfs.ext4', ['-q', '-F', '-b', '4096', '-L', 'ROOT', '-E', root, grown.device, '596m']);
      withMounted(grown, rootStart, (at) => {
        run('dd', ['if=/dev/zero', `of=${at}/filler`, 'bs=1M', 'count=380', 'status=none']);
        for (const folder of ['etc', 'srv']) mkdirSync(join(at, folder));
        for (let file = 0; file < 400; file += 1) {
          writeFileSync(
            join(at, 'srv', `file ${file}\nwith a strange name`),
            `content ${file}`.repeat(900),
          );
        }
        run('dd', ['if=/dev/urandom', `of=${at}/etc/large`, 'bs=1M', 'count=40', 'status=none']);
        run('ln', ['-s', 'large', `${at}/etc/link`]);
        run('rm', [`${at}/filler`]);
      });
      template = join(bench.folder, 'template');
      run('cp', ['--sparse=always', grown.file, template]);
      bench.removeDisks();
    });

    afterEach(() => bench.removeDisks());
    afterAll(() => bench.remove());

    beforeEach(() => {
      disks += 1;
      disk = bench.addDisk(`USED-${disks}`, diskBytes);
      run('dd', [
        `if=${template}`,
        `of=${disk.device}`,
        'bs=1M',
        'conv=fsync,sparse',
        'status=none',
      ]);
      host = new ScriptHost(bench);
    });

    async function inspected(): Promise<BlockDevice> {
      const inspection = parseInspection((await host.run('inspect', [], {})).stdout);
      const device = inspection.devices.find(({ serial }) => serial === disk.serial);
      if (device === undefined) throw new Error('inspect.sh does not see the disk');
      return device;
    }

    function solve(rootBytes: number): SolvedLayout {
      return solveLayout({
        diskSectors: diskBytes / 512,
        sectorBytes: 512,
        rootStartSector: rootStart,
        layout: {
          apply: 'shrink',
          root: rootBytes,
          partitions: [
            { name: 'data', size: 100 * mib, filesystem: 'ext4', mount: '/srv/data' },
            { name: 'containers', size: 'rest', filesystem: 'btrfs' },
          ],
        },
        minRootBytes: mib,
        partUuids: { data: dataUuid, containers: containersUuid },
      });
    }

    async function inputs(
      rootBytes = 200 * mib,
      id = 'repartition-1',
    ): Promise<Record<string, string>> {
      const device = await inspected();
      const solved = solve(rootBytes);
      return {
        lease: renderLease({
          id,
          phase: 'repartition',
          server: 'core1',
          serial: disk.serial,
          wwn: '',
          sizeBytes: diskBytes,
          imageSha512: null,
          fingerprint: device.fingerprint,
          bootId,
        }),
        'table.sfdisk': finalTable(parsePartitionTable(device.tableJson ?? ''), solved),
        'receipt.json': '{"phase":"repartition"}',
        partitions: renderPartitions(solved),
      };
    }

    async function repartition(
      input: Record<string, string>,
      kill?: KillPoint,
    ): Promise<ScriptRun> {
      return host.run('repartition', ['9', '6'], input, kill);
    }

    function table(): PartitionTable {
      return parsePartitionTable(run('sfdisk', ['--json', disk.device]));
    }

    function rootBlocks(): number {
      const superblock = run('dumpe2fs', ['-h', `${disk.device}?offset=${rootStart * 512}`]);
      return Number(/Block count: +(\d+)/.exec(superblock)?.[1]);
    }

    /** Invariant 4: the filesystem is no larger than its partition. */
    function expectNoDanger(): void {
      const root = table().entries.find(({ number }) => number === 9);
      expect(rootBlocks() * 4096).toBeLessThanOrEqual((root?.sizeSectors ?? 0) * 512);
    }

    function expectDone(result: ScriptRun, files: { unchanged: number; changed?: number }): void {
      expect(result.log).not.toMatch(/Failed|Refused/);
      expect(result.exitCode).toBe(0);
      expect(run('sfdisk', ['--verify', disk.device])).toContain('No errors detected');
      const entries = table().entries;
      const before = parsePartitionTable(result.out['table-before.json'] ?? '').entries;
      expect(entries.slice(0, before.length - 1)).toEqual(before.slice(0, -1));
      expect(entries.find(({ number }) => number === 9)).toEqual({
        ...before.at(-1),
        sizeSectors: (200 * mib) / 512,
      });
      expect(rootBlocks() * 4096).toBe(200 * mib);
      expect(entries.slice(-2).map(({ name, partUuid }) => [name, partUuid])).toEqual([
        ['data', dataUuid],
        ['containers', containersUuid],
      ]);
      const report = parseReport(result.out['report'] ?? '');
      expect(report['files-unchanged']).toBe(String(files.unchanged));
      expect(report['files-changed']).toBe(String(files.changed ?? 0));
      expect(report['files-missing']).toBe('0');
      for (const entry of entries.slice(-2)) {
        withMounted(disk, entry.startSector, (at) => {
          expect(run('findmnt', ['-no', 'FSTYPE', at]).trim()).toBe(
            entry.name === 'data' ? 'ext4' : 'btrfs',
          );
        });
      }
      withMounted(disk, 49_152, (oem) => {
        expect(
          run('ls', [join(oem, 'ironstep')])
            .split('\n')
            .filter(Boolean)
            .sort(),
        ).toEqual([
          'repartition.json',
          'repartition.report',
          'table-before.json',
          'table-before.sfdisk',
        ]);
      });
    }

    it('shrinks ROOT, adds the partitions, and no file changes', async () => {
      const result = await repartition(await inputs());
      expectDone(result, { unchanged: 402 });
      const again = await repartition({ ...(await inputs()) });
      expect(again.log).toContain('done before');
      expect(parseReport(again.out['report'] ?? '')['files-unchanged']).toBe('402');
      expect(again.exitCode).toBe(0);
    });

    it('too much data is refused with the number, and only checked', async () => {
      const before = table();
      const refused = await repartition(await inputs(36 * mib));
      expect(refused.exitCode).toBe(10);
      expect(refused.log).toMatch(/needs at least \d{8,} bytes, the layout gives it 37748736/);
      expect(table()).toEqual(before);
      expect(rootBlocks() * 4096).toBe(rootBytesNow);
    });

    it('a change to another partition than ROOT is refused, nothing is written', async () => {
      const input = await inputs();
      const before = digestOf(disk.file);
      const attacks: [RegExp, string, RegExp][] = [
        [/^4 : start=32768, size=16384/m, '4 : start=34816, size=14336', /changes partition 4/],
        [/^7 : .*\n/m, '', /changes partition 7/],
        [/name="ROOT"/, 'name="MINE"', /changes partition 9/],
      ];
      for (const [what, to, message] of attacks) {
        const script = (input['table.sfdisk'] ?? '').replace(what, to);
        const refused = await repartition({ ...input, 'table.sfdisk': script });
        expect(refused.log).toMatch(message);
        expect(refused.exitCode).toBe(10);
      }
      expect(digestOf(disk.file)).toBe(before);
    });

    it('a table that changed since the approval is refused, nothing is written', async () => {
      const input = await inputs();
      run('sfdisk', ['-q', '--part-label', disk.device, '7', 'NEW']);
      const before = digestOf(disk.file);
      const refused = await repartition(input);
      expect(refused.log).toMatch(/not the one that was approved/);
      expect(refused.exitCode).toBe(10);
      expect(digestOf(disk.file)).toBe(before);
    });

    it('damage that is not ours needs a person', async () => {
      orphanAFile();
      const refused = await repartition(await inputs());
      expect(refused.exitCode).toBe(10);
      expect(refused.log).toMatch(/needs a person: e2fsck -fy/);
    });

    /** Damage that `e2fsck -p` will not repair: an inode without a name. */
    function orphanAFile(): void {
      run('debugfs', ['-w', '-R', 'unlink /etc/large', `${disk.device}?offset=${rootStart * 512}`]);
    }

    it('damage of our own interrupted resize is repaired, no file is lost', async () => {
      const input = await inputs();
      await repartition(input, { tool: 'resize2fs', call: 2, when: 'before' });
      orphanAFile();
      const result = await repartition(input);
      expect(result.log).toContain('it is repaired');
      expect(result.exitCode).toBe(0);
      // e2fsck put it into lost+found: the comparison sees it, and the link that leads nowhere now.
      const report = parseReport(result.out['report'] ?? '');
      expect(report['files-missing']).toBe('1');
      expect(report['files-unchanged']).toBe('401');
    });

    const kills: KillPoint[] = [
      { tool: 'gzip', call: 1, when: 'after' },
      { tool: 'umount', call: 5, when: 'before' }, // the mark "begun"
      { tool: 'resize2fs', call: 2, when: 'before' },
      { tool: 'resize2fs', call: 2, when: 'after' },
      { tool: 'dd', call: 6, when: 'after' }, // the first blanked range
      { tool: 'dd', call: 10, when: 'after' }, // the backup GPT
      { tool: 'dd', call: 11, when: 'after' }, // the primary GPT
      { tool: 'mkfs.ext4', call: 1, when: 'before' },
      { tool: 'mkfs.ext4', call: 1, when: 'after' },
      { tool: 'umount', call: 8, when: 'before' }, // the mark "made=10"
      { tool: 'mkfs.btrfs', call: 1, when: 'after' },
      { tool: 'umount', call: 12, when: 'before' }, // the receipt
    ];

    it.each(kills)('killed $when call $call of $tool: the next attempt finishes', async (kill) => {
      const input = await inputs();
      const killed = await repartition(input, kill);
      expect(killed.exitCode, killed.log).toBeNull();
      expectNoDanger();
      expectDone(await repartition(input), { unchanged: 402 });
    });

    it('after a power cut a new lease goes on, and a finished filesystem is kept', async () => {
      await repartition(await inputs(), { tool: 'mkfs.btrfs', call: 1, when: 'before' });
      host.losePower();
      const data = table().entries.find(({ name }) => name === 'data');
      withMounted(disk, data?.startSector ?? 0, (at) => writeFileSync(join(at, 'precious'), 'x'));
      expectDone(await repartition(await inputs(200 * mib, 'repartition-2')), { unchanged: 402 });
      withMounted(disk, data?.startSector ?? 0, (at) => {
        expect(readFileSync(join(at, 'precious'), 'utf8')).toBe('x');
      });
    });

    it('a filesystem that somebody made in the new partition is not overwritten', async () => {
      const input = await inputs();
      await repartition(input, { tool: 'mkfs.ext4', call: 1, when: 'before' });
      const data = table().entries.find(({ name }) => name === 'data');
      const offset = `offset=${(data?.startSector ?? 0) * 512}`;
      // As if the cut had come before the mark "making=10".
      withMounted(disk, 49_152, (oem) => {
        const marker = join(oem, 'ironstep/repartition.begun');
        writeFileSync(marker, readFileSync(marker, 'utf8').replace('making=10\n', ''));
      });
      run('mkfs.ext4', ['-q', '-F', '-L', 'theirs', '-E', offset, disk.device, '100m']);
      const refused = await repartition(input);
      expect(refused.exitCode).toBe(11);
      expect(refused.log).toMatch(/partition 10 holds something that is not ours: ext4/);
    });
  },
);
