import { randomBytes } from 'node:crypto';

import { expect, it } from 'vitest';

import type { BlockDevice } from '../disk/block-device.ts';
import type { Inspection } from '../disk/inspection.ts';
import { usedDisk } from '../disk/sample-disk.ts';
import type { Plan } from '../run/plan.ts';
import { signReceipt, verifyReceipt } from '../secrets/receipt-mac.ts';
import type { Dependencies } from './dependencies.ts';
import { ourInstallations } from './our-installation.ts';
import { installReceipt } from './receipt.ts';

const plan = {
  target: { server: 'core1', provider: { kind: 'ovh', service: 'ns1', account: 'lab' } },
  release: { sha512: 'a'.repeat(128), version: '1.0' },
  configDigest: 'c'.repeat(64),
} as Plan;
const key = randomBytes(32);
const root = { number: 9 } as BlockDevice['partitions'][0];
const disk: BlockDevice = { ...usedDisk, partitions: [root] };
const other: BlockDevice = { ...disk, path: '/dev/sdb', serial: 'WD-2' };
const receipt = signReceipt(key, installReceipt(plan, disk));

function found(onDisk: Record<string, string>, devices = [disk, other]) {
  const dependencies = { verifyReceipt: (text: string) => verifyReceipt(key, text) };
  const receipts = Object.fromEntries(
    Object.entries(onDisk).map(([path, text]) => [path, { 'install.json': text }]),
  );
  const seen = { devices, receipts } as unknown as Inspection;
  return ourInstallations(dependencies as Dependencies, plan.target, seen);
}

it('is the disk with our receipt, whatever was installed with it', () => {
  // Sections of inspect.sh end without a line break.
  expect(found({ '/dev/sda': receipt.trimEnd() })).toEqual([{ device: disk, receipt }]);
});

it.each([
  ['no receipt', {}],
  ['one without a mac', { '/dev/sda': installReceipt(plan, disk) }],
  ['another secret’s', { '/dev/sda': signReceipt(randomBytes(32), installReceipt(plan, disk)) }],
  ['one that was copied to another disk', { '/dev/sdb': receipt }],
  ['one of another phase', { '/dev/sda': signReceipt(key, '{"phase":"repartition"}\n') }],
  [
    'one of another server',
    {
      '/dev/sda': signReceipt(
        key,
        installReceipt(
          {
            ...plan,
            target: { ...plan.target, provider: { ...plan.target.provider, service: 'ns2' } },
          },
          disk,
        ),
      ),
    },
  ],
])('not with %s', (_, onDisk) => {
  expect(found(onDisk)).toEqual([]);
});

it('not on a disk without ROOT', () => {
  expect(found({ '/dev/sda': receipt }, [{ ...disk, partitions: [] }])).toEqual([]);
});
