import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Disks in files behind loop devices, with serials that only the scripts' PATH knows of. */

export const mib = 2 ** 20;

export function run(command: string, args: string[], input?: string | Buffer): string {
  return execFileSync(command, args, {
    encoding: 'utf8',
    stdio: ['pipe', 'pipe', 'pipe'],
    maxBuffer: 64 * mib,
    ...(input === undefined ? {} : { input }),
  });
}

/** Why these tests cannot run here; null: they can. */
export function missingForLoopDisks(): string | null {
  if (process.getuid?.() !== 0) return 'needs root';
  const tools = ['losetup', 'sfdisk', 'mkfs.ext4', 'mkfs.btrfs', 'zstd', 'curl', 'unshare'];
  for (const tool of tools) {
    try {
      run('sh', ['-c', `command -v ${tool}`]);
    } catch {
      return `needs ${tool}`;
    }
  }
  try {
    run('losetup', ['--find']);
    return null;
  } catch {
    return 'needs loop devices';
  }
}

export type LoopDisk = { file: string; device: string; serial: string; sizeBytes: number };

/** A folder with everything of one test file; `remove` detaches and deletes it all. */
export class Bench {
  readonly folder = mkdtempSync(join(tmpdir(), 'ironstep-disk-'));
  readonly #disks: LoopDisk[] = [];

  /** An empty disk, or one with the contents of a file. */
  addDisk(serial: string, sizeBytes: number, contents?: string): LoopDisk {
    const file = join(this.folder, `${serial}.img`);
    if (contents !== undefined) run('cp', ['--sparse=always', contents, file]);
    run('truncate', ['-s', String(sizeBytes), file]);
    const device = run('losetup', ['--find', '--show', file]).trim();
    const disk = { file, device, serial, sizeBytes };
    this.#disks.push(disk);
    this.#writeFakes();
    return disk;
  }

  /** In front of PATH: lsblk that knows our serials. */
  get fakes(): string {
    return join(this.folder, 'fakes');
  }

  removeDisks(): void {
    for (const { device, file } of this.#disks.splice(0)) {
      for (const above of run('losetup', ['-n', '-O', 'NAME', '-j', device]).split('\n')) {
        if (above.trim() !== '') run('losetup', ['-d', above.trim()]);
      }
      run('losetup', ['-d', device]);
      rmSync(file);
    }
  }

  remove(): void {
    this.removeDisks();
    rmSync(this.folder, { recursive: true });
  }

  #writeFakes(): void {
    const cases = this.#disks.map(({ device, serial }) => `${device}) echo ${serial}; exit ;;`);
    this.fake(
      'lsblk',
      `[ "$5" != SERIAL ] || case $6 in\n${cases.join('\n')}\nesac\nexec /usr/bin/lsblk "$@"`,
    );
  }

  fake(name: string, body: string): void {
    mkdirSync(this.fakes, { recursive: true });
    writeFileSync(join(this.fakes, name), `#!/bin/sh\n${body}\n`);
    chmodSync(join(this.fakes, name), 0o755);
  }
}

const usrType = '5dfbf5f4-2848-4bac-aa5e-0d9a20b745a6';
const linuxType = '0fc63daf-8483-4772-8e79-3d69d8477de4';

/** Container Linux's table in small: 512-byte sectors, ROOT last, the backup GPT behind it. */
export const smallTable = `label: gpt
label-id: 00000000-0000-0000-0000-000000000001
unit: sectors
first-lba: 34

1 : start=4096, size=8192, type=c12a7328-f81f-11d2-ba4b-00a0c93ec93b, name="EFI-SYSTEM"
2 : start=12288, size=4096, type=21686148-6449-6e6f-744e-656564454649, name="BIOS-BOOT"
3 : start=16384, size=16384, type=${usrType}, uuid=7130c94a-213a-4e5a-8e26-6cce9662f132, name="USR-A", attrs="GUID:48,56"
4 : start=32768, size=16384, type=${usrType}, uuid=e03dd35c-7c2d-4a47-b3fe-27f15780a57c, name="USR-B"
6 : start=49152, size=32768, type=${linuxType}, name="OEM"
7 : start=81920, size=2048, type=c95dc21a-df0e-4340-8d7b-26cbfa9a03e0, name="OEM-CONFIG"
9 : start=83968, size=327680, type=3884dd41-8582-4404-b9a8-e9b84f2df50e, name="ROOT"
`;

export type SmallImage = { raw: string; compressed: string; bytes: number; bootCode: Buffer };

/** An image of 208 MiB with boot code, data in USR-A, and ext4 on OEM and ROOT. */
export function buildImage(folder: string): SmallImage {
  const raw = join(folder, 'image.bin');
  const bytes = 208 * mib;
  run('truncate', ['-s', String(bytes), raw]);
  run('sfdisk', ['--quiet', raw], smallTable);
  const bootCode = randomBytes(440);
  writeAt(raw, 0, bootCode);
  writeAt(raw, 16_384 * 512, randomBytes(4 * mib));
  const tree = join(folder, 'root-tree');
  mkdirSync(join(tree, 'etc'), { recursive: true });
  writeFileSync(join(tree, 'etc/os-release'), 'ID=flatcar\n');
  makeExt4(raw, 49_152, 16 * mib, ['-L', 'OEM']);
  makeExt4(raw, 83_968, 160 * mib, ['-L', 'ROOT', '-d', tree]);
  const compressed = `${raw}.zst`;
  run('zstd', ['-q', '-1', raw, '-o', compressed]);
  return { raw, compressed, bytes, bootCode };
}

function makeExt4(file: string, startSector: number, bytes: number, options: string[]): void {
  const offset = `offset=${startSector * 512}`;
  run('mkfs.ext4', ['-q', '-F', '-E', offset, ...options, file, `${bytes / 1024}k`]);
}

export function writeAt(file: string, offset: number, data: Buffer): void {
  run('dd', [`of=${file}`, 'bs=1M', 'oflag=seek_bytes', `seek=${offset}`, 'conv=notrunc'], data);
}

export function readAt(file: string, offset: number, bytes: number): Buffer {
  const options = [`bs=${bytes}`, 'count=1', 'iflag=skip_bytes,fullblock', `skip=${offset}`];
  return execFileSync('dd', [`if=${file}`, ...options, 'status=none'], { maxBuffer: 64 * mib });
}

export function digestOf(file: string, tool = 'cksum'): string {
  return run(tool, [file]).split(' ')[0] ?? '';
}

/** Runs `work` with a partition of the disk mounted, in the open. */
export function withMounted<T>(disk: LoopDisk, startSector: number, work: (at: string) => T): T {
  const at = mkdtempSync(join(tmpdir(), 'ironstep-mount-'));
  const sizes = JSON.parse(run('sfdisk', ['--json', disk.device])) as {
    partitiontable: { partitions: { start: number; size: number }[] };
  };
  const part = sizes.partitiontable.partitions.find(({ start }) => start === startSector);
  const limit = (part?.size ?? 0) * 512;
  run('mount', ['-o', `loop,offset=${startSector * 512},sizelimit=${limit}`, disk.device, at]);
  try {
    return work(at);
  } finally {
    run('umount', [at]);
    rmSync(at, { recursive: true });
  }
}

/** Whether anything would start from this disk: boot code, or a GPT at either end. */
export function bootTraces(disk: LoopDisk): string[] {
  const first = readAt(disk.device, 0, 1024);
  const last = readAt(disk.device, disk.sizeBytes - 512, 512);
  return [
    ...(first.subarray(0, 512).every((byte) => byte === 0) ? [] : ['boot code']),
    ...(first.toString('latin1', 512, 520) === 'EFI PART' ? ['primary GPT'] : []),
    ...(last.toString('latin1', 0, 8) === 'EFI PART' ? ['backup GPT'] : []),
  ];
}
