import type { HardwareKind } from './hardware.ts';
import type { LabImageFiles, ServerConfig, ServerPaths } from './lab-config.ts';
import type { MachineBoot } from './machine/machine.ts';
import type { MachineDisk } from './machine/qemu-args.ts';
import type { ServerRecord } from './server-record.ts';

/** Debian's package ovmf. */
const uefi = {
  code: '/usr/share/OVMF/OVMF_CODE_4M.fd',
  template: '/usr/share/OVMF/OVMF_VARS_4M.fd',
};

/** The disks of a server as they are now: some may have been replaced. */
export function serverDisks(
  config: ServerConfig,
  kind: HardwareKind,
  paths: ServerPaths,
  swappedSerials: ServerRecord['swappedSerials'],
): MachineDisk[] {
  return kind.disks.map((model, index) => {
    const ordinal = config.diskOrdinals[index] ?? 1;
    return {
      file: paths.disk(index),
      model,
      serial: swappedSerials[index] ?? model.serial(ordinal),
      wwn: `0x${(model.firstWwn + BigInt(ordinal)).toString(16).padStart(16, '0')}`,
    };
  });
}

/** What is the same at every boot of a server. */
export function serverBoot(
  { name, number, address, sshPort }: ServerConfig,
  kind: HardwareKind,
  { kernel, initrd, rescueSquashfs }: LabImageFiles,
): Pick<MachineBoot, 'name' | 'number' | 'address' | 'sshPort' | 'rescue' | 'uefi'> {
  return {
    ...{ name, number, address, sshPort },
    rescue: { kernel, initrd, squashfs: rescueSquashfs },
    uefi: kind.firmware === 'uefi' ? uefi : null,
  };
}

/** What the provider tells the rescue system: its name, and who may log in. */
export function rescueValues(
  { service }: ServerConfig,
  { settings, rescueSecret }: ServerRecord,
  imagePort: number,
): Record<string, string> {
  const { rescueSshKey } = settings;
  return {
    hostname: service,
    forward: String(imagePort),
    ...(rescueSshKey === null ? {} : { authorized_keys: `${rescueSshKey}\n` }),
    ...(rescueSecret === null ? {} : { rootpw: rescueSecret.password }),
  };
}
