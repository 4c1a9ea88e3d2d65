import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, constants, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { z } from 'zod';

import { readIfThere, writeState } from '../state-file.ts';

const verdictSchema = z.strictObject({
  acceleration: z.enum(['kvm', 'tcg']),
  /** Why, in words for `lab status`. */
  reason: z.string(),
});

/** How machines run here. */
export type AccelerationVerdict = z.output<typeof verdictSchema>;

/** Real KVM needs 0.2 s. One was seen that needed 3 s with -cpu qemu64 and aborted with -cpu host. */
const deadlineMs = 4_000;

/** isa-debug-exit: QEMU exits with (value << 1) | 1. */
const exitPort = 0x501;
const goodValue = 0x10;
const goodExitCode = (goodValue << 1) | 1;

/**
 * A boot sector that counts down from 200,000,000 and leaves by the debug port: 0.1 s on a real
 * CPU, so a KVM that traps every instruction does not pass for one that works.
 */
function probeSector(): Buffer {
  const sector = Buffer.alloc(512);
  const code = [
    ...[0x66, 0xb9, 0x00, 0xc2, 0xeb, 0x0b], // mov ecx, 200000000
    ...[0x66, 0x49, 0x75, 0xfc], // again: dec ecx; jnz again
    ...[0xba, exitPort & 0xff, exitPort >> 8], // mov dx, port
    ...[0xb0, goodValue, 0xee, 0xf4], // mov al, value; out dx, al; hlt
  ];
  Buffer.from(code).copy(sector);
  sector.writeUInt16LE(0xaa55, 510);
  return sector;
}

/**
 * KVM only when a guest really runs under it: /dev/kvm can exist and hang, crawl or abort. The
 * verdict is kept in `cacheFile`; delete it to probe again.
 */
export async function probeAcceleration(cacheFile: string): Promise<AccelerationVerdict> {
  const cached = readIfThere(cacheFile);
  if (cached !== null) {
    const parsed = verdictSchema.safeParse(JSON.parse(cached));
    if (parsed.success) return parsed.data;
  }
  const verdict = await probe();
  writeState(cacheFile, verdict);
  return verdict;
}

async function probe(): Promise<AccelerationVerdict> {
  try {
    await access('/dev/kvm', constants.R_OK | constants.W_OK);
  } catch {
    return { acceleration: 'tcg', reason: 'software emulation: no /dev/kvm that we may use' };
  }
  if ((await runProbeGuest()) === goodExitCode) return { acceleration: 'kvm', reason: 'KVM' };
  return {
    acceleration: 'tcg',
    reason: 'software emulation: /dev/kvm is there, but a guest hangs or dies under it',
  };
}

/** Exit code of QEMU; null when it died, had to be killed or could not be started. */
async function runProbeGuest(): Promise<number | null> {
  const folder = await mkdtemp(join(tmpdir(), 'ironstep-kvm-'));
  try {
    const image = join(folder, 'probe.img');
    await writeFile(image, probeSector());
    const child = spawn(
      'qemu-system-x86_64',
      [
        ...['-accel', 'kvm', '-cpu', 'host', '-machine', 'pc', '-smp', '2', '-m', '32'],
        ...['-nodefaults', '-no-user-config', '-display', 'none'],
        ...['-drive', `file=${image},format=raw,if=ide`],
        ...['-device', `isa-debug-exit,iobase=${exitPort},iosize=1`],
      ],
      { stdio: 'ignore', timeout: deadlineMs, killSignal: 'SIGKILL' },
    );
    const [code] = (await once(child, 'exit').catch(() => [null])) as [number | null];
    return code;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
