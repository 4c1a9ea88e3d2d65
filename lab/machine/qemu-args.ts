import { machineCpus, machineMemoryMiB } from '../hardware.ts';
import type { DiskModel } from '../hardware.ts';

export type Acceleration = 'kvm' | 'tcg';

export type MachineDisk = { file: string; model: DiskModel; serial: string; wwn: string };

/** All that decides how QEMU is started for one boot of one machine. */
export type MachinePlan = {
  name: string;
  number: number;
  acceleration: Acceleration;
  /** `ipxe`: a firmware prompt at which nobody sits; nothing runs. */
  target: 'disk' | 'rescue' | 'ipxe';
  /** Where SSH of the guest is forwarded to. */
  address: string;
  sshPort: number;
  disks: MachineDisk[];
  /** Used by rescue only. */
  rescue: { kernel: string; initrd: string; squashfs: string };
  /** Files that the guest reads under opt/lab/. */
  fwCfg: { key: string; file: string }[];
  /** Null for BIOS. */
  uefi: { code: string; variables: string } | null;
  files: { console: string; qmp: string; pid: string };
};

/**
 * The kernel command line of the rescue system. `panic=1`: a rescue that dies resets the machine,
 * as real ones do. The rest saves seconds of a boot without KVM (facts/lab.md).
 */
const rescueCommandLine =
  'console=ttyS0 quiet loglevel=4 panic=1 mitigations=off nokaslr random.trust_cpu=on ' +
  'net.ifnames=0 tsc=reliable no_timer_check';

/**
 * The arguments of `qemu-system-x86_64`. A guest that resets or powers off leaves QEMU paused
 * (`-action`), so that whoever watches can tell it from a QEMU that was killed: that is a power
 * cut. It is then started anew, with the boot target of that moment.
 */
export function qemuArguments(plan: MachinePlan): string[] {
  return [
    ...['-name', `lab-${plan.name}`, '-machine', 'pc', ...acceleration(plan.acceleration)],
    ...['-smp', String(machineCpus), '-m', String(machineMemoryMiB)],
    ...['-nodefaults', '-no-user-config', '-display', 'none'],
    ...['-action', 'reboot=shutdown,shutdown=pause'],
    ...['-pidfile', plan.files.pid],
    ...['-qmp', `unix:${escaped(plan.files.qmp)},server=on,wait=off`],
    ...['-chardev', `file,id=console,path=${escaped(plan.files.console)},append=on`],
    ...['-serial', 'chardev:console'],
    ...network(plan),
    ...['-device', 'virtio-rng-pci'],
    ...firmware(plan),
    ...plan.disks.flatMap((disk, index) => diskArguments(disk, index, plan.target)),
    ...(plan.target === 'rescue' ? rescueArguments(plan) : []),
    // Nothing runs at the iPXE prompt: the CPU is never started.
    ...(plan.target === 'ipxe' ? ['-S'] : []),
  ];
}

function acceleration(kind: Acceleration): string[] {
  return kind === 'kvm'
    ? ['-accel', 'kvm', '-cpu', 'host']
    : ['-accel', 'tcg,thread=multi', '-cpu', 'max'];
}

function network({ address, sshPort, number }: MachinePlan): string[] {
  const mac = `52:54:00:4c:42:${number.toString(16).padStart(2, '0')}`;
  return [
    ...['-netdev', `user,id=net,net=10.0.2.0/24,hostfwd=tcp:${address}:${sshPort}-:22`],
    ...['-device', `virtio-net-pci,netdev=net,romfile=,mac=${mac}`],
  ];
}

function firmware({ uefi }: MachinePlan): string[] {
  if (uefi === null) return [];
  const flash = 'if=pflash,format=raw';
  return [
    ...['-drive', `${flash},unit=0,readonly=on,file=${escaped(uefi.code)}`],
    ...['-drive', `${flash},unit=1,file=${escaped(uefi.variables)}`],
  ];
}

/**
 * cache=unsafe: the host's page cache outlives QEMU, so a killed QEMU loses nothing (measured).
 * detect-zeroes keeps 2 TB disks sparse. Disks that turn have no TRIM, as in life.
 */
function diskArguments(disk: MachineDisk, index: number, target: string): string[] {
  const drive = `disk${index}`;
  const boot = target === 'disk' ? `,bootindex=${index + 1}` : '';
  const options = 'if=none,format=raw,cache=unsafe,aio=threads,discard=unmap,detect-zeroes=unmap';
  const common = ['-drive', `${options},id=${drive},file=${escaped(disk.file)}`];
  const { model } = disk;
  if (model.bus === 'nvme') {
    const controller = `nvme,id=nvme${index},serial=${disk.serial}`;
    const namespace = `nvme-ns,drive=${drive},bus=nvme${index},eui64=${disk.wwn}${boot}`;
    return [...common, '-device', controller, '-device', namespace];
  }
  const device = [
    `scsi-hd,drive=${drive},bus=scsi${index}.0`,
    `vendor=ATA,product=${escaped(model.model)},ver=${model.firmware}`,
    `serial=${disk.serial},wwn=${disk.wwn},rotation_rate=${model.rotationRate}`,
    ...(model.rotationRate > 1 ? ['discard_granularity=0'] : []),
  ].join(',');
  return [...common, '-device', `virtio-scsi-pci,id=scsi${index}`, '-device', device + boot];
}

function rescueArguments({ rescue, fwCfg }: MachinePlan): string[] {
  const squashfs = `if=none,id=rescue,format=raw,readonly=on,file=${escaped(rescue.squashfs)}`;
  return [
    ...['-kernel', rescue.kernel, '-initrd', rescue.initrd, '-append', rescueCommandLine],
    ...['-drive', squashfs, '-device', 'virtio-blk-pci,drive=rescue,serial=rescue'],
    ...fwCfg.flatMap(({ key, file }) => ['-fw_cfg', `name=opt/lab/${key},file=${escaped(file)}`]),
  ];
}

/** In QEMU's option lists a comma within a value is doubled. */
function escaped(value: string): string {
  return value.replaceAll(',', ',,');
}
