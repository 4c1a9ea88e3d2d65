import { createHash } from 'node:crypto';

import type { ServerSpec } from '../../spec/server-spec.ts';
import type { MountedPartition, RenderedConfig } from '../os-target.ts';
import { dataUrl } from './data-url.ts';
import { escapePath, heldUnits, holdDropin, loginUnit, ourFiles } from './our-files.ts';
import { ensureLoginScript, loginUnitText } from './our-login.ts';
import { unitFile } from './unit-file.ts';
import { userConfigFacts } from './user-config.ts';

/** As much of Ignition's spec 3.3.0 as our own config uses. */
type IgnitionFile = {
  path: string;
  mode: number;
  overwrite: true;
  contents?: { source: string };
};
type IgnitionUnit = {
  name: string;
  enabled?: boolean;
  contents?: string;
  dropins?: { name: string; contents: string }[];
};
type Ignition = {
  ignition: { version: '3.3.0'; config?: { merge: { source: string }[] } };
  passwd: { users: { name: string; sshAuthorizedKeys: string[] }[] };
  storage: { files: IgnitionFile[] };
  systemd: { units: IgnitionUnit[] };
};

export type MachineConfigInput = {
  spec: ServerSpec;
  partitions: MountedPartition[];
  /** OpenSSH lines. */
  loginPublicKey: string;
  hostPublicKey: string;
  /** What the installed system says about itself at its first boot. */
  stamp: Record<string, string>;
};

/**
 * Our Ignition config, parent of the user's own, complete but for the private host key: see
 * `withHostKey`. The same input gives the same text. `configDigest` (SHA-256, hex) names it; it
 * is in the stamp too, and so is taken of the config without it.
 */
export function renderMachineConfig(
  input: MachineConfigInput,
): RenderedConfig & { configDigest: string } {
  const { config } = input.spec;
  const userData = config.kind === 'cloud-config' ? config.text : null;
  const configDigest = createHash('sha256')
    .update(JSON.stringify([parentConfig(input, input.stamp), userData]))
    .digest('hex');
  const ignition = parentConfig(input, { ...input.stamp, configDigest });
  return { ignition: JSON.stringify(ignition), userData, configDigest };
}

/**
 * The rendered config with the private host key in it (an OpenSSH PEM): the only place where that
 * key enters. Done by the worker that writes it to the disk; the result is never recorded. Throws
 * when `ignition` is not of `renderMachineConfig`.
 */
export function withHostKey(ignition: string, privateKey: string): string {
  const config = JSON.parse(ignition) as Ignition;
  const file = config.storage.files.find(({ path }) => path === ourFiles.hostKey);
  if (file === undefined || file.contents !== undefined) {
    throw new Error(`This config has no place for a host key at ${ourFiles.hostKey}`);
  }
  file.contents = { source: dataUrl(privateKey) };
  return JSON.stringify(config);
}

function parentConfig(input: MachineConfigInput, stamp: Record<string, string>): Ignition {
  const { spec, loginPublicKey } = input;
  const keys = [...new Set([loginPublicKey, ...spec.ssh.authorizedKeys].map((key) => key.trim()))];
  const merge =
    spec.config.kind === 'ignition'
      ? { config: { merge: [{ source: dataUrl(spec.config.text) }] } }
      : {};
  return {
    // 3.3.0 is what the oldest Ignition around reads; the merged config may be newer.
    ignition: { version: '3.3.0', ...merge },
    passwd: { users: [{ name: 'core', sshAuthorizedKeys: keys }] },
    storage: { files: ourOwnFiles(input, keys, stamp) },
    systemd: {
      units: [...heldUnits.map(heldUnit), loginService, ...input.partitions.flatMap(mountUnit)],
    },
  };
}

function ourOwnFiles(
  { spec, hostPublicKey }: MachineConfigInput,
  keys: string[],
  stamp: Record<string, string>,
): IgnitionFile[] {
  const hostname = file('/etc/hostname', 0o644, `${spec.server}\n`);
  return [
    ...(userConfigFacts(spec).setsHostname ? [] : [hostname]),
    { path: ourFiles.hostKey, mode: 0o600, overwrite: true },
    file(ourFiles.hostPublicKey, 0o644, `${hostPublicKey.trim()}\n`),
    file(ourFiles.stamp, 0o644, `${JSON.stringify(stamp)}\n`),
    file(ourFiles.hold, 0o644, 'ironstep is still at work: no automatic updates until handover.\n'),
    file(ourFiles.loginKeys, 0o600, `${keys.join('\n')}\n`),
    file(ourFiles.ensureLogin, 0o755, ensureLoginScript()),
  ];
}

function file(path: string, mode: number, text: string): IgnitionFile {
  return { path, mode, overwrite: true, contents: { source: dataUrl(text) } };
}

const loginService = { name: loginUnit, enabled: true, contents: loginUnitText() };

/** Updates reboot the server: they wait until `handover` removes the file (invariant 11). */
function heldUnit(name: string): IgnitionUnit {
  const contents = unitFile({ Unit: [`ConditionPathExists=!${ourFiles.hold}`] });
  return { name, dropins: [{ name: holdDropin, contents }] };
}

/**
 * Wanted by the device of its partition and by nothing else: a system whose partitions do not
 * exist yet boots clean, and one that has them mounts them. Without `nofail`, so that
 * local-fs.target is ordered after a mount that is under way; it never pulls it in.
 */
function mountUnit(partition: MountedPartition): IgnitionUnit[] {
  const { name, partUuid, filesystem, mount } = partition;
  if (mount === null) return [];
  const device = `/dev/disk/by-partuuid/${partUuid.toLowerCase()}`;
  const contents = unitFile({
    Unit: [`Description=Partition ${name}`],
    Mount: [`What=${device}`, `Where=${mount.replaceAll(/\/+/g, '/')}`, `Type=${filesystem}`],
    Install: [`WantedBy=${escapePath(device)}.device`],
  });
  return [{ name: `${escapePath(mount)}.mount`, enabled: true, contents }];
}
