/** What a server can boot from over the network, as OVH lists it. */
export type Netboot = {
  bootId: number;
  bootType: 'harddisk' | 'internal' | 'network' | 'power' | 'rescue';
  kernel: string;
  description: string;
  options: { option: 'cpufamily' | 'grsec' | 'ipv6' | 'smp'; value: string }[];
  /** What a machine that netboots it does. */
  target: BootTarget;
};

/** What a machine runs after it was reset: `ipxe` is a shell at which nobody sits. */
export type BootTarget = 'disk' | 'rescue' | 'ipxe' | 'off';

/**
 * In the order in which OVH lists them: ipxe-shell before rescue (seen by two projects, who took
 * the first). The ids were seen in EU in 2026.
 */
const observed: Netboot[] = [
  {
    bootId: 1,
    bootType: 'harddisk',
    kernel: 'hd',
    description: 'Boot to disk (no netboot)',
    options: [],
    target: 'disk',
  },
  {
    bootId: 203_323,
    bootType: 'rescue',
    kernel: 'ipxe-shell',
    description: 'iPXE shell',
    options: [],
    target: 'ipxe',
  },
  {
    bootId: 230_242,
    bootType: 'rescue',
    kernel: 'rescue12-customer',
    description: 'Customer rescue system (Linux)',
    options: [],
    target: 'rescue',
  },
  {
    bootId: 95_083,
    bootType: 'power',
    kernel: 'poweroff',
    description: 'Power off the server',
    options: [],
    target: 'off',
  },
];

/**
 * The netboots of a lab. All ids but that of the disk are moved by `idShift`, so that nobody can
 * come to rely on them: at OVH they differ by region and time.
 */
export function netbootsOf(idShift: number): Netboot[] {
  return observed.map((netboot) =>
    netboot.bootType === 'harddisk' ? netboot : { ...netboot, bootId: netboot.bootId + idShift },
  );
}
