import type { ServerSpec } from '../../spec/server-spec.ts';

/** Where our own files are on the installed system. */
export const ourFiles = {
  stamp: '/etc/ironstep/stamp.json',
  hold: '/etc/ironstep/hold',
  loginKeys: '/etc/ironstep/login-keys',
  ensureLogin: '/opt/ironstep/ensure-login.sh',
  hostKey: '/etc/ssh/ssh_host_ed25519_key',
  hostPublicKey: '/etc/ssh/ssh_host_ed25519_key.pub',
} as const;

/** The unit that keeps us able to log in. */
export const loginUnit = 'ironstep-login.service';

/** Units that could reboot the server in the middle of a run (invariant 11), and our drop-in. */
export const heldUnits = ['update-engine.service', 'locksmithd.service'] as const;
export const holdDropin = '10-ironstep-hold.conf';

/**
 * Paths that a user's config may not write; one that ends in / stands for everything below it.
 * Ignition lets a merged config override its parent, so a collision would silently undo ours.
 */
export function ourPaths(spec: ServerSpec): string[] {
  return [
    '/etc/ironstep/',
    '/opt/ironstep/',
    ourFiles.hostKey,
    ourFiles.hostPublicKey,
    ...ourUnits(spec).map((unit) => `/etc/systemd/system/${unit}`),
    ...heldUnits.map((unit) => `/etc/systemd/system/${unit}.d/${holdDropin}`),
  ];
}

/** Units that a user's config may not define: ours, and the mounts of the layout. */
export function ourUnits(spec: ServerSpec): string[] {
  const mounts = (spec.layout?.partitions ?? []).flatMap(({ mount }) => mount ?? []);
  return [loginUnit, ...mounts.map((mount) => `${escapePath(mount)}.mount`)];
}

/**
 * A path as part of a unit's name, as `systemd-escape --path` makes it (systemd.unit(5), "String
 * escaping for inclusion in unit names").
 */
export function escapePath(path: string): string {
  const plain = path.split('/').filter(Boolean).join('/');
  if (plain === '') return '-';
  return plain.replaceAll(/[^A-Za-z0-9:_./]|^\./g, hexEscape).replaceAll('/', '-');
}

function hexEscape(text: string): string {
  return [...Buffer.from(text)].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('');
}
