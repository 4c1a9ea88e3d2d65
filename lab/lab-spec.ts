import { stringify } from 'yaml';

import type { LabServerView } from './server-view.ts';

/** A spec for a server of the lab, for a person to change: all names and numbers of it are right. */
export function labSpec({ name, service, sshPort, disks }: LabServerView): string {
  const [disk] = disks;
  const spec = {
    server: name,
    provider: { kind: 'ovh', service, account: 'lab' },
    image: { os: 'flatcar', mirror: 'lab' },
    disk: { serial: disk?.serial },
    ssh: {
      ...(sshPort === 22 ? {} : { port: sshPort }),
      authorizedKeys: ['~/.ssh/id_ed25519.pub'],
    },
    layout: {
      apply: 'presize',
      root: '20GiB',
      partitions: [{ name: 'data', size: 'rest', filesystem: 'ext4', mount: '/srv/data' }],
    },
  };
  return stringify(spec);
}
