import { randomBytes } from 'node:crypto';

import { expect, it } from 'vitest';

import type { BlockDevice } from '../disk/block-device.ts';
import type { Plan } from '../run/plan.ts';
import { signReceipt, verifyReceipt } from '../secrets/receipt-mac.ts';
import type { Dependencies } from './dependencies.ts';
import { installReceipt, isInstalled } from './receipt.ts';

const plan = {
  target: { server: 'core1', provider: { kind: 'ovh', service: 'ns1', account: 'lab' } },
  release: { sha512: 'a'.repeat(128), version: '1.0' },
  configDigest: 'c'.repeat(64),
} as Plan;
const disk = { serial: 'S1', wwn: '', partitions: [{ number: 9 }] } as BlockDevice;
const key = randomBytes(32);

function believed(receipt: string | undefined, of: Partial<Plan> = {}, on = disk): boolean {
  const dependencies = { verifyReceipt: (text: string) => verifyReceipt(key, text) };
  return isInstalled(dependencies as Dependencies, { ...plan, ...of }, on, receipt);
}

const good = signReceipt(key, installReceipt(plan, disk));

it('believes its own receipt for this very server, disk, image and config', () => {
  expect(believed(good)).toBe(true);
  expect(believed(good.trimEnd())).toBe(true);
});

it.each([
  ['no receipt', undefined],
  ['one without a mac', installReceipt(plan, disk)],
  ['one signed with another secret', signReceipt(randomBytes(32), installReceipt(plan, disk))],
  ['one with a changed claim', good.replace('core1', 'core2')],
  ['another disk’s', signReceipt(key, installReceipt(plan, { ...disk, serial: 'S2' }))],
])('does not believe %s', (_, receipt) => {
  expect(believed(receipt)).toBe(false);
});

it('does not believe it for another config, or on a disk without ROOT', () => {
  expect(believed(good, { configDigest: 'd'.repeat(64) })).toBe(false);
  expect(believed(good, {}, { ...disk, partitions: [] })).toBe(false);
});
