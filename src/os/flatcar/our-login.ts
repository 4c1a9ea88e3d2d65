import { existsSync, readFileSync } from 'node:fs';

import { ourFiles } from './our-files.ts';
import { unitFile } from './unit-file.ts';

/**
 * The unit that lets our keys log in, at every boot. The legacy cloud-config may replace
 * sshd_config and key files at every boot, so this runs after it. The names are those of
 * coreos-cloudinit (units/) and of the lab; a name that does not exist orders nothing.
 */
export function loginUnitText(): string {
  const after = [
    'user-config.target',
    'user-cloudinit@var-lib-flatcar\\x2dinstall-user_data.service',
    'user-cloudinit-proc-cmdline.service',
    'user-cloudinit.service',
    'update-ssh-keys-after-ignition.service',
  ];
  return unitFile({
    Unit: ['Description=Keep the keys of ironstep able to log in', `After=${after.join(' ')}`],
    Service: [
      'Type=oneshot',
      'RemainAfterExit=yes',
      `ExecStart=/bin/sh ${ourFiles.ensureLogin} ${ourFiles.loginKeys}`,
    ],
    Install: ['WantedBy=multi-user.target'],
  });
}

/** What it runs: src/remote, seen from src/os/flatcar, or from dist/os/flatcar in the package. */
export function ensureLoginScript(): string {
  const beside = new URL('../../remote/ensure-login.sh', import.meta.url);
  const source = new URL('../../../src/remote/ensure-login.sh', import.meta.url);
  return readFileSync(existsSync(beside) ? beside : source, 'utf8');
}
