import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { writeOldSystem } from './old-system.ts';

const tools = ['sfdisk', 'mke2fs', 'debugfs'];
const missing = tools.filter((tool) => spawnSync(tool, ['-V']).error !== undefined);

describe.skipIf(missing.length > 0)('an old system on a disk', () => {
  it('has partitions and files, and takes little of the host', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ironstep-old-'));
    try {
      const file = join(folder, 'disk.raw');
      const sizeBytes = 1_000_204_886_016;
      writeFileSync(file, '');
      truncateSync(file, sizeBytes);
      await writeOldSystem(file, sizeBytes);
      const { partitiontable } = JSON.parse(
        execFileSync('sfdisk', ['--json', file], { encoding: 'utf8' }),
      ) as { partitiontable: { label: string; partitions: { start: number; size: number }[] } };
      expect(partitiontable.label).toBe('gpt');
      expect(partitiontable.partitions).toHaveLength(2);
      const root = partitiontable.partitions[1];
      const at = `${file}?offset=${(root?.start ?? 0) * 512}`;
      const read = (command: string) =>
        execFileSync('debugfs', ['-R', command, at], { encoding: 'utf8', stdio: 'pipe' });
      expect(read('cat /srv/precious.txt')).toBe('nobody has a copy of this\n');
      const superblock = read('show_super_stats -h');
      expect(superblock).toMatch(/Last mounted on:\s+\/\n/);
      const blocks = Number(/Block count:\s+(\d+)/.exec(superblock)?.[1]);
      // The filesystem ends where its partition does, or a little before.
      const partitionBytes = (root?.size ?? 0) * 512;
      expect(blocks * 4096).toBeLessThanOrEqual(partitionBytes);
      expect(blocks * 4096).toBeGreaterThan(partitionBytes - 2 ** 20);
      expect(statSync(file).blocks * 512).toBeLessThan(200 * 2 ** 20);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
