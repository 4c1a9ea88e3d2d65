import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { LayoutSpec } from '../spec/server-spec.ts';
import { LayoutDoesNotFit, roughFit, solveLayout } from './layout.ts';

const mib = 2 ** 20;
const gib = 2 ** 30;
const flatcarRootStart = 12_722_176;
const twoTerabytes = 3_907_029_168;

function layoutOf(root: number, partitions: LayoutSpec['partitions']): LayoutSpec {
  return { apply: 'shrink', root, partitions };
}

const data = { name: 'data', size: 2 ** 40, filesystem: 'ext4', mount: '/srv/data' } as const;
const containers = { name: 'containers', size: 'rest', filesystem: 'btrfs' } as const;
const partUuids = { data: 'd', containers: 'c' };

describe('solveLayout', () => {
  it('places the layout of the how-to on its 2 TB disk as it was measured', () => {
    const solved = solveLayout({
      diskSectors: twoTerabytes,
      sectorBytes: 512,
      rootStartSector: flatcarRootStart,
      layout: layoutOf(100 * gib, [data, containers]),
      minRootBytes: 1784 * mib,
      partUuids,
    });
    expect(solved.rootStartSector + solved.rootSizeSectors).toBe(222_437_376);
    expect(solved.partitions).toEqual([
      {
        number: 10,
        name: 'data',
        startSector: 222_437_376,
        sizeSectors: 2 ** 31,
        filesystem: 'ext4',
        mount: '/srv/data',
        partUuid: 'd',
      },
      {
        number: 11,
        name: 'containers',
        startSector: 2_369_921_024,
        // Up to the last whole MiB in front of the backup GPT.
        sizeSectors: 3_907_028_992 - 2_369_921_024,
        filesystem: 'btrfs',
        mount: null,
        partUuid: 'c',
      },
    ]);
  });

  it('says what does not fit, by how much, and the most that ROOT could have', () => {
    const request = {
      diskSectors: 78_140_000,
      sectorBytes: 512,
      rootStartSector: flatcarRootStart,
      layout: layoutOf(100 * gib, [{ ...data, size: 10 * gib }]),
      minRootBytes: 1784 * mib,
      partUuids,
      where: 'ns3011111',
    };
    expect(() => solveLayout(request)).toThrow(
      'layout.root: 100 GiB does not fit on ns3011111, by 78.8 GiB.\nIts disk has 37.3 GiB; ' +
        'the system needs 6.1 GiB before ROOT and data asks for 10 GiB. ' +
        'At most 21.1 GiB are left for ROOT.',
    );
    const most = solveLayout({
      ...request,
      layout: layoutOf(21.1 * gib, [{ ...data, size: 10 * gib }]),
    });
    expect(most.partitions).toHaveLength(1);
  });

  it('blames the partitions when no ROOT could make room for them', () => {
    expect(() => roughFit(layoutOf(8 * gib, [data]), 40e9, 'core1')).toThrow(
      /^layout.partitions: /,
    );
  });

  it('refuses a ROOT that the OS would grow again, a second rest, and a ROOT below the image', () => {
    expect(() => roughFit(layoutOf(20 * gib, []), 40e9)).toThrow(/would not last/);
    const second = { ...containers, name: 'more' };
    expect(() => roughFit(layoutOf(8 * gib, [containers, second]), 2e12)).toThrow(
      /not containers and more/,
    );
    expect(() => roughFit(layoutOf(100 * mib, [data]), 2e12)).toThrow(/too small/);
  });

  it('believes a rough size within 1 percent', () => {
    const whole = 2e12 - flatcarRootStart * 512 - 2 ** 40;
    expect(() => roughFit(layoutOf(whole + 300 * mib, [data]), 2e12)).not.toThrow();
    expect(() => roughFit(layoutOf(whole + 20 * gib, [data]), 2e12)).toThrow(LayoutDoesNotFit);
  });

  it('without a layout ROOT takes the whole disk, if the disk is large enough', () => {
    const request = {
      sectorBytes: 512,
      rootStartSector: flatcarRootStart,
      minRootBytes: 1784 * mib,
      partUuids,
    };
    expect(solveLayout({ ...request, diskSectors: twoTerabytes })).toEqual({
      rootStartSector: flatcarRootStart,
      rootSizeSectors: 3_907_028_992 - flatcarRootStart,
      partitions: [],
    });
    expect(() => solveLayout({ ...request, diskSectors: 12_800_000 })).toThrow(/the system alone/);
  });

  const sizes = fc.integer({ min: 1, max: 600 * gib });
  const requests = fc.record({
    diskSectors: fc.integer({ min: 20_000_000, max: 8_000_000_000 }),
    rootStartSector: fc.oneof(
      fc.constantFrom(flatcarRootStart, 4_857_856),
      fc.integer({ min: 34, max: 15_000_000 }),
    ),
    root: sizes,
    fixed: fc.array(sizes, { minLength: 1, maxLength: 6 }),
    restAt: fc.option(fc.nat(5), { nil: undefined }),
  });

  it('never overlaps, leaves no gap that ROOT would grow into, keeps sizes, uses what is there', () => {
    let solvedCases = 0;
    fc.assert(
      fc.property(requests, ({ diskSectors, rootStartSector, root, fixed, restAt }) => {
        const partitions = fixed.map((size, index) => ({
          name: `p${index}`,
          size: index === restAt ? ('rest' as const) : size,
          filesystem: 'ext4' as const,
        }));
        const solve = () =>
          solveLayout({
            diskSectors,
            sectorBytes: 512,
            rootStartSector,
            layout: layoutOf(root, partitions),
            minRootBytes: 0,
            partUuids: Object.fromEntries(partitions.map(({ name }) => [name, name])),
          });
        const asked = partitions.reduce(
          (sum, { size }) => sum + (size === 'rest' ? 0 : size),
          root,
        );
        const roomBytes = (diskSectors - 33 - rootStartSector) * 512;
        if (asked > roomBytes) {
          expect(solve).toThrow(LayoutDoesNotFit);
          return;
        }
        // Rounding up to MiB and the least `rest` may cost this much.
        if (asked + (partitions.length + 2) * mib + 257 * mib > roomBytes) return;
        solvedCases += 1;
        const solved = solve();
        let end = rootStartSector + solved.rootSizeSectors;
        expect(solved.rootStartSector).toBe(rootStartSector);
        expect(solved.rootSizeSectors * 512 - root).toBeGreaterThanOrEqual(0);
        expect(solved.rootSizeSectors * 512 - root).toBeLessThan(mib + 512);
        solved.partitions.forEach((partition, index) => {
          expect(partition.startSector).toBe(end);
          expect(partition.startSector % 2048).toBe(0);
          expect(partition.sizeSectors % 2048).toBe(0);
          const size = partitions[index]?.size;
          if (size !== 'rest') {
            expect(partition.sizeSectors * 512 - (size ?? 0)).toBeGreaterThanOrEqual(0);
            expect(partition.sizeSectors * 512 - (size ?? 0)).toBeLessThan(mib);
          }
          end += partition.sizeSectors;
        });
        expect(end).toBeLessThanOrEqual(diskSectors - 33);
        if (restAt !== undefined && restAt < partitions.length) {
          expect(diskSectors - 33 - end).toBeLessThan(2048);
        }
      }),
      { numRuns: 3000 },
    );
    expect(solvedCases).toBeGreaterThan(500);
  });

  it('is exact for sizes in whole MiB', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 100_000 }),
        fc.integer({ min: 1, max: 100_000 }),
        (root, size) => {
          const solved = solveLayout({
            diskSectors: twoTerabytes,
            sectorBytes: 512,
            rootStartSector: flatcarRootStart,
            layout: layoutOf(root * mib, [{ ...data, size: size * mib }]),
            minRootBytes: 0,
            partUuids,
          });
          expect(solved.rootSizeSectors).toBe(root * 2048);
          expect(solved.partitions[0]?.sizeSectors).toBe(size * 2048);
        },
      ),
      { numRuns: 2000 },
    );
  });
});
