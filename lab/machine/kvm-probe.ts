import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { access, constants, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { z } from 'zod';

import { readIfThere, writeState } from '../state-file.ts';

const verdictSchema = z.strictObject({
  acceleration: z.enum(['kvm', 'tcg']),
  /** Why, in words for `lab status`. */
  reason: z.string(),
  /** Whether a guest was tried. Without one it is looked again: an access can be given meanwhile. */
  tried: z.boolean(),
});

/** How machines run here. */
export type AccelerationVerdict = z.output<typeof verdictSchema>;

/**
 * Real KVM needs 0.2 s. Seen: one that aborted with -cpu host and hung with qemu64, and one that
 * needed 3 s, which is more than emulation needs.
 */
const deadlineMs = 4_000;
/** A process that hangs inside the kernel does not even die of SIGKILL: it is left behind. */
const diesWithinMs = 1_000;

/** isa-debug-exit: QEMU exits with (value << 1) | 1. */
const exitPort = 0x501;
const goodValue = 0x10;
const goodExitCode = (goodValue << 1) | 1;

/**
 * A boot sector that counts down from 200,000,000 and leaves by the debug port: 0.1 s on a real
 * CPU, about a second under emulation, and longer where every instruction is trapped.
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
 * KVM only when a guest really runs under it, and faster than under emulation: /dev/kvm can exist
 * and hang, crawl or abort. The verdict is kept in `cacheFile`; delete it to probe again.
 */
export async function probeAcceleration(
  cacheFile: string,
  device = '/dev/kvm',
): Promise<AccelerationVerdict> {
  const cached = readIfThere(cacheFile);
  if (cached !== null) {
    const parsed = verdictSchema.safeParse(JSON.parse(cached));
    if (parsed.success && parsed.data.tried) return parsed.data;
  }
  const verdict = await probe(device);
  writeState(cacheFile, verdict);
  return verdict;
}

async function probe(device: string): Promise<AccelerationVerdict> {
  const emulated = (why: string, tried: boolean): AccelerationVerdict => {
    return { acceleration: 'tcg', reason: `software emulation: ${why}`, tried };
  };
  if (!existsSync(device)) return emulated(`there is no ${device}`, false);
  try {
    await access(device, constants.R_OK | constants.W_OK);
  } catch {
    return emulated(`${device} is not open to this user (most often it is to group kvm)`, false);
  }
  const withKvm = await runProbeGuest(['-accel', 'kvm', '-cpu', 'host']);
  if (withKvm === null)
    return emulated(`${device} is there, but a guest hangs or dies under it`, true);
  const without = await runProbeGuest(['-accel', 'tcg', '-cpu', 'max']);
  if (without !== null && without < withKvm) {
    return emulated(`${device} works, but a guest is slower under it`, true);
  }
  return { acceleration: 'kvm', reason: 'KVM', tried: true };
}

/** How long the guest ran, in ms; null when it hung, or QEMU died or could not be started. */
async function runProbeGuest(acceleration: string[]): Promise<number | null> {
  const folder = await mkdtemp(join(tmpdir(), 'ironstep-kvm-'));
  try {
    const image = join(folder, 'probe.img');
    await writeFile(image, probeSector());
    const beganMs = performance.now();
    const child = spawn(
      'qemu-system-x86_64',
      [
        ...[...acceleration, '-machine', 'pc', '-smp', '2', '-m', '32'],
        ...['-nodefaults', '-no-user-config', '-display', 'none'],
        ...['-drive', `file=${image},format=raw,if=ide`],
        ...['-device', `isa-debug-exit,iobase=${exitPort},iosize=1`],
      ],
      { stdio: 'ignore', timeout: deadlineMs, killSignal: 'SIGKILL' },
    );
    const late = sleep(deadlineMs + diesWithinMs, [null], { ref: false });
    const [code] = await Promise.race([once(child, 'exit').catch(() => [null]), late]);
    child.unref();
    return code === goodExitCode ? performance.now() - beganMs : null;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
