import { expect, it } from 'vitest';

import { parseIdentity, runsFromDisk } from './system-identity.ts';

const output = (root: string): string =>
  `boot_id=1d8e50da-4c54-43f1-816a-228db479ce9d\nuptime_seconds=14.75\n` +
  `kernel_command_line=console=ttyS0 root=LABEL=ROOT\nkernel=6.1.0\n${root}\nos_id=debian\n`;

it.each([
  ['a rescue system on an overlay', 'root_source=overlay\nroot_filesystem=overlay', false],
  ['a rescue system in an initramfs', 'root_source=rootfs\nroot_filesystem=rootfs', false],
  ['a rescue system over NFS', 'root_source=10.0.0.1:/rescue\nroot_filesystem=nfs', false],
  ['a squashfs on a loop device', 'root_source=/dev/loop0\nroot_filesystem=squashfs', false],
  ['an OS on a SATA disk', 'root_source=/dev/sda9\nroot_filesystem=ext4', true],
  ['an OS on NVMe', 'root_source=/dev/nvme0n1p9\nroot_filesystem=btrfs', true],
  ['an old OS on LVM', 'root_source=/dev/mapper/vg-root\nroot_filesystem=xfs', true],
])('%s', (_, root, fromDisk) => {
  expect(runsFromDisk(parseIdentity(output(root)))).toBe(fromDisk);
});

it('keeps an equals sign in the kernel command line', () => {
  const { kernelCommandLine } = parseIdentity(output('root_source=overlay'));
  expect(kernelCommandLine).toBe('console=ttyS0 root=LABEL=ROOT');
});

it('proves nothing without a boot id', () => {
  expect(() => parseIdentity('kernel=6.1.0\n')).toThrow(/no boot id/);
});
