import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import { probeAcceleration } from './kvm-probe.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kvm-probe-'));
  writeFileSync(join(folder, 'kvm'), '');
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

/** What QEMU does with `-accel kvm`; under emulation a guest leaves well, after 0.2 s. */
function qemuThat(withKvm: string): void {
  const program = join(folder, 'qemu-system-x86_64');
  const lines = ['#!/bin/sh', 'case $2 in', `kvm) ${withKvm} ;;`, '*) sleep 0.2; exit 33 ;;'];
  writeFileSync(program, `${lines.join('\n')}\nesac\n`);
  chmodSync(program, 0o755);
  vi.stubEnv('PATH', `${folder}:${process.env['PATH']}`);
}

function verdict(device = join(folder, 'kvm')) {
  return probeAcceleration(join(folder, 'acceleration.json'), device);
}

it('takes a KVM under which a guest runs, and keeps the verdict', async () => {
  qemuThat('exit 33');
  expect(await verdict()).toMatchObject({ acceleration: 'kvm', reason: 'KVM' });
  qemuThat('exit 1');
  expect(await verdict()).toMatchObject({ acceleration: 'kvm', reason: 'KVM' });
});

it.each([
  ['hangs', 'exec sleep 60', /hangs or dies/],
  ['aborts', 'kill -ABRT $$', /hangs or dies/],
  ['leaves another way', 'exit 0', /hangs or dies/],
  ['is slower than under emulation', 'sleep 1; exit 33', /slower/],
])('is not fooled by a KVM under which a guest %s', async (_, withKvm, reason) => {
  qemuThat(withKvm);
  expect(await verdict()).toMatchObject({
    acceleration: 'tcg',
    reason: expect.stringMatching(reason),
  });
});

it('looks again for one that was not there', async () => {
  expect((await verdict(join(folder, 'none'))).reason).toContain('there is no');
  qemuThat('exit 33');
  expect((await verdict()).acceleration).toBe('kvm');
});
