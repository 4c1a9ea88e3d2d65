/** What a system that answers over SSH says about itself (remote/identify.sh). */
export type SystemIdentity = {
  bootId: string;
  uptimeSeconds: number;
  kernelCommandLine: string;
  kernel: string;
  /** Source of `/` as mounted: a partition, or something in RAM. */
  rootSource: string;
  rootFilesystem: string;
  /** Serial of the disk behind `/`; empty where it is in RAM, or no tool tells. */
  rootSerial: string;
  osId: string;
  osVersion: string;
  hostname: string;
};

/**
 * Parses the `key=value` lines of identify.sh. Throws when the boot id is missing: without it
 * nothing can be proven.
 */
export function parseIdentity(output: string): SystemIdentity {
  const fields = new Map<string, string>();
  for (const line of output.split('\n')) {
    const at = line.indexOf('=');
    if (at > 0) fields.set(line.slice(0, at), line.slice(at + 1).trim());
  }
  const field = (name: string): string => fields.get(name) ?? '';
  if (!/^[0-9a-f-]{36}$/.test(field('boot_id'))) {
    throw new Error(`identify.sh told no boot id; it printed: ${output.slice(0, 200)}`);
  }
  return {
    bootId: field('boot_id'),
    uptimeSeconds: Number(field('uptime_seconds')),
    kernelCommandLine: field('kernel_command_line'),
    kernel: field('kernel'),
    rootSource: field('root_source'),
    rootFilesystem: field('root_filesystem'),
    rootSerial: field('root_serial'),
    osId: field('os_id'),
    osVersion: field('os_version'),
    hostname: field('hostname'),
  };
}

/**
 * When the system was booted, in epoch milliseconds of the worker: by its own count of seconds, so
 * its clock may be wrong. As good as the connection is quick.
 */
export function bootedAtMs({ uptimeSeconds }: SystemIdentity, nowMs: number): number {
  return nowMs - uptimeSeconds * 1000;
}

/** Filesystems of a root that lives in RAM: what every netbooted rescue system has. */
const ramFilesystems = new Set(['overlay', 'tmpfs', 'rootfs', 'ramfs', 'squashfs', 'aufs', 'nfs']);

/**
 * Is this a rescue system? Decided by where its root is, never by its name or by the provider's
 * API (invariant 5): a rescue system runs from RAM or from the network, an installed one from a
 * partition.
 */
export function runsFromDisk(identity: SystemIdentity): boolean {
  return (
    identity.rootSource.startsWith('/dev/') &&
    !ramFilesystems.has(identity.rootFilesystem) &&
    !/^\/dev\/(ram|loop)/.test(identity.rootSource)
  );
}
