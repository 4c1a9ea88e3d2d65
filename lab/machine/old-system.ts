import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const sectorBytes = 512;
const bootBytes = 976 * 2 ** 20;
const alignBytes = 2 ** 20;

/** What the old system keeps: whoever destroys the disk destroys it. */
const oldFiles = {
  '/boot': { '/vmlinuz-old': 'old kernel\n' },
  '/': { '/srv/precious.txt': 'nobody has a copy of this\n', '/etc/hostname': 'old-system\n' },
};

/**
 * Gives a disk file what a server in use has: a GPT, /boot and / as ext4 with files on them. It
 * does not boot. No loop device and no root needed: mke2fs writes at an offset into the file.
 */
export async function writeOldSystem(file: string, sizeBytes: number): Promise<void> {
  const bootSectors = bootBytes / sectorBytes;
  const firstSector = alignBytes / sectorBytes;
  const rootSector = firstSector + bootSectors;
  await partition(file, [`start=${firstSector}, size=${bootSectors}`, `start=${rootSector}`]);
  // The backup GPT takes the last 33 sectors; sfdisk aligns the end down to a MiB.
  const endBytes = Math.floor((sizeBytes - 34 * sectorBytes) / alignBytes) * alignBytes;
  const rootBytes = endBytes - rootSector * sectorBytes;
  await makeFilesystem(file, alignBytes, bootBytes, '/boot');
  await makeFilesystem(file, rootSector * sectorBytes, rootBytes, '/');
}

async function partition(file: string, lines: string[]): Promise<void> {
  const script = ['label: gpt', ...lines.map((line) => `${line}, type=linux`), ''].join('\n');
  const child = run('sfdisk', ['--quiet', '--wipe=always', file]);
  child.child.stdin?.end(script);
  await child;
}

async function makeFilesystem(
  file: string,
  offsetBytes: number,
  sizeBytes: number,
  mountedAt: keyof typeof oldFiles,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'ironstep-old-system-'));
  try {
    for (const [path, text] of Object.entries(oldFiles[mountedAt])) {
      mkdirSync(join(folder, dirname(path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    // Few inodes and a lazy journal: the tables of 2 TB would take a minute.
    const options = ['-q', '-F', '-t', 'ext4', '-i', '4194304', '-M', mountedAt, '-d', folder];
    const extended = [
      '-E',
      `offset=${offsetBytes},nodiscard,lazy_itable_init=1,lazy_journal_init=1`,
    ];
    await run('mke2fs', [...options, ...extended, file, `${Math.floor(sizeBytes / 1024)}k`]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
