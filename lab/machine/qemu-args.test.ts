import { describe, expect, it } from 'vitest';

import { hardwareKinds } from '../hardware.ts';
import { qemuArguments } from './qemu-args.ts';
import type { MachinePlan } from './qemu-args.ts';

const [hdd] = hardwareKinds['KS-2a'].disks;
const [ssd] = hardwareKinds['KS-2c'].disks;
const [nvme] = hardwareKinds['KS-5n'].disks;

function planOf(change: Partial<MachinePlan>): MachinePlan {
  return {
    name: 'core1',
    number: 1,
    acceleration: 'tcg',
    target: 'disk',
    address: '127.0.77.1',
    sshPort: 22,
    disks: [{ file: '/lab/a,b/disk.raw', model: hdd!, serial: 'WD-1', wwn: '0x50014ee2b0000001' }],
    rescue: { kernel: '/img/vmlinuz', initrd: '/img/initrd', squashfs: '/img/rescue.squashfs' },
    fwCfg: [{ key: 'hostname', file: '/lab/fw-cfg/hostname' }],
    uefi: null,
    files: { console: '/lab/console.log', qmp: '/lab/qmp.sock', pid: '/lab/qemu.pid' },
    ...change,
  };
}

/** Values of an option, in order. */
function valuesOf(option: string, plan: MachinePlan): string[] {
  const args = qemuArguments(plan);
  return args.flatMap((arg, index) => (arg === option ? [args[index + 1] ?? ''] : []));
}

describe('qemuArguments', () => {
  it('shows the disk as the maker would', () => {
    const devices = valuesOf('-device', planOf({})).join('\n');
    expect(devices).toContain('product=WDC WD20EZRX');
    expect(devices).toContain('serial=WD-1,wwn=0x50014ee2b0000001,rotation_rate=5400');
    expect(devices).toContain('discard_granularity=0');
    const solid = [{ file: '/d', model: ssd!, serial: 'S', wwn: '0x1' }];
    const ssdDevices = valuesOf('-device', planOf({ disks: solid })).join('\n');
    expect(ssdDevices).toContain('rotation_rate=1');
    expect(ssdDevices).not.toContain('discard_granularity');
  });

  it('a comma in a path stays in the path', () => {
    expect(valuesOf('-drive', planOf({}))[0]).toContain('file=/lab/a,,b/disk.raw');
  });

  it('boots from disk with no kernel of ours and nothing of rescue', () => {
    const args = qemuArguments(planOf({}));
    expect(args.join(' ')).toContain('bootindex=1');
    for (const option of ['-kernel', '-fw_cfg', '-S']) expect(args).not.toContain(option);
    expect(args.join(' ')).not.toContain('rescue');
  });

  it('netboots rescue with what the provider decides, and values only in files', () => {
    const plan = planOf({ target: 'rescue' });
    expect(valuesOf('-kernel', plan)).toEqual(['/img/vmlinuz']);
    expect(valuesOf('-fw_cfg', plan)).toEqual(['name=opt/lab/hostname,file=/lab/fw-cfg/hostname']);
    expect(valuesOf('-drive', plan)[1]).toContain('readonly=on,file=/img/rescue.squashfs');
    expect(qemuArguments(plan).join(' ')).not.toContain('bootindex');
  });

  it('runs nothing at the iPXE prompt', () => {
    const args = qemuArguments(planOf({ target: 'ipxe' }));
    expect(args).toContain('-S');
    expect(args.join(' ')).not.toContain('bootindex');
  });

  it('forwards SSH of the server’s own address', () => {
    const plan = planOf({ address: '127.0.78.2', sshPort: 2202 });
    expect(valuesOf('-netdev', plan)[0]).toContain('hostfwd=tcp:127.0.78.2:2202-:22');
  });

  it('a guest that resets leaves QEMU paused, so that a killed one is told apart', () => {
    expect(valuesOf('-action', planOf({}))).toEqual(['reboot=shutdown,shutdown=pause']);
  });

  it('knows NVMe and UEFI', () => {
    const disks = [{ file: '/d', model: nvme!, serial: 'S63', wwn: '0x2' }];
    const plan = planOf({ disks, uefi: { code: '/OVMF', variables: '/vars' } });
    expect(valuesOf('-device', plan).join('\n')).toContain('nvme,id=nvme0,serial=S63');
    expect(valuesOf('-drive', plan).slice(0, 2)).toEqual([
      'if=pflash,format=raw,unit=0,readonly=on,file=/OVMF',
      'if=pflash,format=raw,unit=1,file=/vars',
    ]);
  });

  it('uses KVM only when told so', () => {
    expect(valuesOf('-accel', planOf({}))).toEqual(['tcg,thread=multi']);
    expect(valuesOf('-accel', planOf({ acceleration: 'kvm' }))).toEqual(['kvm']);
  });
});
