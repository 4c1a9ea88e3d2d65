import { execFileSync, spawnSync } from 'node:child_process';

import { describe, expect, it } from 'vitest';

import { parseSpec } from '../../spec/parse-spec.ts';
import type { ServerSpec, UserConfig } from '../../spec/server-spec.ts';
import { dataUrlText } from './data-url.ts';
import { renderMachineConfig, withHostKey } from './machine-config.ts';
import type { MachineConfigInput } from './machine-config.ts';
import { escapePath, ourPaths, ourUnits } from './our-files.ts';

const onPath = (program: string) => spawnSync('which', [program]).status === 0;
const uuid = '0C5D6E4A-93A5-4B9B-8F2D-1D5A7E0B7F11';

type Rendered = {
  ignition: { version: string; config?: { merge: { source: string }[] } };
  passwd: { users: { name: string; sshAuthorizedKeys: string[] }[] };
  storage: { files: { path: string; mode: number; contents?: { source: string } }[] };
  systemd: {
    units: {
      name: string;
      enabled?: boolean;
      contents?: string;
      dropins?: { contents: string }[];
    }[];
  };
};

function input(config: UserConfig = { kind: 'none' }): MachineConfigInput & { spec: ServerSpec } {
  const { ssh, ...file } = parseSpec(
    `
server: core1
provider: { kind: ovh, service: ns1.example, account: lab }
image: { os: flatcar }
disk: { only: true }
layout:
  root: 100GiB
  partitions: [{ name: data, size: rest, filesystem: ext4, mount: /srv/my-data }]
`,
    'core1.yaml',
  );
  return {
    spec: { ...file, config, ssh: { ...ssh, authorizedKeys: ['ssh-ed25519 BBBB me'] } },
    partitions: [
      { name: 'data', partUuid: uuid, filesystem: 'ext4', mount: '/srv/my-data' },
      { name: 'spare', partUuid: uuid, filesystem: 'btrfs', mount: null },
    ],
    loginPublicKey: 'ssh-ed25519 AAAA ironstep-login',
    hostPublicKey: 'ssh-ed25519 HHHH ironstep-host',
    stamp: { version: '4593.2.4', imageSha512: 'ab' },
  };
}

function render(config?: UserConfig): Rendered {
  return JSON.parse(renderMachineConfig(input(config)).ignition) as Rendered;
}

function content(config: Rendered, path: string): string | null | undefined {
  const source = config.storage.files.find((file) => file.path === path)?.contents?.source;
  return source === undefined ? undefined : dataUrlText(source);
}

const users: UserConfig = {
  kind: 'ignition',
  file: 'core1.ign',
  text: '{"ignition":{"version":"3.3.0"},"storage":{"files":[{"path":"/etc/hostname"}]}}',
};

describe('the rendered config', () => {
  it('merges the user’s own as one data: URL, byte for byte', () => {
    const merge = render(users).ignition.config?.merge ?? [];
    expect(merge.map(({ source }) => dataUrlText(source))).toEqual([
      users.kind === 'ignition' && users.text,
    ]);
    expect(render().ignition.config).toBeUndefined();
  });

  it('leaves a cloud-config to the system, byte for byte', () => {
    const text = '#cloud-config\n# ä\n';
    const rendered = renderMachineConfig(input({ kind: 'cloud-config', file: 'c', text }));
    expect(rendered.userData).toBe(text);
    expect(rendered.ignition).not.toContain('merge');
  });

  it('names the server, unless the user does', () => {
    expect(content(render(), '/etc/hostname')).toBe('core1\n');
    expect(content(render(users), '/etc/hostname')).toBeUndefined();
    const cloud = {
      kind: 'cloud-config',
      file: 'c',
      text: '#cloud-config\nhostname: x\n',
    } as const;
    expect(content(render(cloud), '/etc/hostname')).toBeUndefined();
  });

  it('lets us and the keys of the spec in, now and at every later boot', () => {
    const keys = ['ssh-ed25519 AAAA ironstep-login', 'ssh-ed25519 BBBB me'];
    expect(render().passwd.users).toEqual([{ name: 'core', sshAuthorizedKeys: keys }]);
    expect(content(render(), '/etc/ironstep/login-keys')).toBe(`${keys.join('\n')}\n`);
    const file = render().storage.files.find(({ path }) => path === '/etc/ironstep/login-keys');
    expect(file?.mode).toBe(0o600);
    expect(content(render(), '/opt/ironstep/ensure-login.sh')).toContain('sshd -T');
  });

  it('holds automatic updates until the file is gone', () => {
    const config = render();
    expect(content(config, '/etc/ironstep/hold')).toBeTruthy();
    for (const name of ['update-engine.service', 'locksmithd.service']) {
      const unit = config.systemd.units.find((each) => each.name === name);
      expect(unit?.dropins?.[0]?.contents).toContain('ConditionPathExists=!/etc/ironstep/hold');
      expect(unit?.contents).toBeUndefined();
    }
  });

  it('mounts a partition when its device appears, and never waits for it', () => {
    const mounts = render().systemd.units.filter(({ name }) => name.endsWith('.mount'));
    expect(mounts).toEqual([
      {
        name: 'srv-my\\x2ddata.mount',
        enabled: true,
        contents:
          '[Unit]\nDescription=Partition data\n\n' +
          `[Mount]\nWhat=/dev/disk/by-partuuid/${uuid.toLowerCase()}\n` +
          'Where=/srv/my-data\nType=ext4\n\n' +
          '[Install]\nWantedBy=dev-disk-by\\x2dpartuuid-' +
          `${uuid.toLowerCase().replaceAll('-', '\\x2d')}.device\n`,
      },
    ]);
  });

  it('has a digest of everything in it, also in the stamp', () => {
    const { configDigest } = renderMachineConfig(input());
    const stamp = content(render(), '/etc/ironstep/stamp.json') ?? '';
    expect(JSON.parse(stamp)).toEqual({ version: '4593.2.4', imageSha512: 'ab', configDigest });
    expect(configDigest).toMatch(/^[0-9a-f]{64}$/);
    const changed = [
      { ...input(), hostPublicKey: 'ssh-ed25519 other' },
      { ...input(), stamp: { version: '1' } },
      input(users),
      input({ kind: 'cloud-config', file: 'c', text: '#cloud-config\n' }),
    ];
    const digests = changed.map((each) => renderMachineConfig(each).configDigest);
    expect(new Set([...digests, configDigest]).size).toBe(changed.length + 1);
  });

  it('is the same text for the same input', () => {
    expect(renderMachineConfig(input(users))).toEqual(renderMachineConfig(input(users)));
  });

  it('writes only what users are kept away from', () => {
    const { spec } = input();
    const config = render();
    const units = config.systemd.units.filter(({ contents }) => contents !== undefined);
    expect(units.map(({ name }) => name)).toEqual(ourUnits(spec));
    for (const { path } of config.storage.files) {
      const guarded = ourPaths(spec).some((our) => path === our || path.startsWith(our));
      expect([path, guarded || path === '/etc/hostname']).toEqual([path, true]);
    }
  });
});

describe('the private host key', () => {
  it('is nowhere until it is filled in, and then in its file only', () => {
    const { ignition } = renderMachineConfig(input());
    const path = '/etc/ssh/ssh_host_ed25519_key';
    const before = JSON.parse(ignition) as Rendered;
    const after = JSON.parse(withHostKey(ignition, 'the private key\n')) as Rendered;
    expect(content(before, path)).toBeUndefined();
    expect(content(after, path)).toBe('the private key\n');
    expect(after.storage.files.find((file) => file.path === path)?.mode).toBe(0o600);
    delete after.storage.files.find((file) => file.path === path)?.contents;
    expect(after).toEqual(before);
  });

  it('goes into no other config, and not twice', () => {
    const once = withHostKey(renderMachineConfig(input()).ignition, 'k');
    expect(() => withHostKey(once, 'k')).toThrow('no place for a host key');
  });
});

describe.skipIf(!onPath('ignition-validate'))('ignition-validate', () => {
  it.each([
    ['no config', { kind: 'none' } as const],
    ['an Ignition config', users],
  ])('has nothing to say about ours with %s', (_, config) => {
    const { ignition } = renderMachineConfig(input(config));
    const text = withHostKey(ignition, 'k');
    const done = spawnSync('ignition-validate', ['-'], { input: text, encoding: 'utf8' });
    expect([done.status, done.stdout, done.stderr]).toEqual([0, '', '']);
  });
});

describe.skipIf(!onPath('systemd-escape'))('unit names', () => {
  it.each(['/var/lib/docker', '/srv/my-data.x_y', '/.hidden/.a', '//srv//ü/', `/dev/${uuid}`])(
    '%s as systemd-escape has it',
    (path) => {
      const name = execFileSync('systemd-escape', ['--path', path], { encoding: 'utf8' }).trim();
      expect(escapePath(path)).toBe(name);
    },
  );
});
