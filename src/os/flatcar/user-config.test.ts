import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

import { beforeAll, describe, expect, it } from 'vitest';

import { parseSpec } from '../../spec/parse-spec.ts';
import type { ServerSpec, UserConfig } from '../../spec/server-spec.ts';
import { dataUrl } from './data-url.ts';
import { checkUserConfig, ConfigRefused } from './user-config.ts';

let key: string;

beforeAll(() => {
  const { publicKey } = generateKeyPairSync('ed25519');
  const point = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
  const header = Buffer.from('0000000b7373682d6564323535313900000020', 'hex');
  key = `ssh-ed25519 ${Buffer.concat([header, point]).toString('base64')} me@laptop`;
});

function spec(config: UserConfig, authorizedKeys: string[] = []): ServerSpec {
  const { ssh, ...file } = parseSpec(
    `
server: core1
provider: { kind: ovh, service: ns1.example, account: lab }
image: { os: flatcar }
disk: { serial: WD-1 }
layout:
  root: 100GiB
  partitions: [{ name: data, size: rest, filesystem: ext4, mount: /srv/my-data }]
`,
    'core1.yaml',
  );
  return { ...file, config, ssh: { ...ssh, authorizedKeys } };
}

function ignition(content: object, version = '3.3.0'): UserConfig {
  const text = JSON.stringify({ ignition: { version }, ...content });
  return { kind: 'ignition', file: 'core1.ign', text };
}

function cloudConfig(text: string): UserConfig {
  return { kind: 'cloud-config', file: 'core1.yaml', text: `#cloud-config\n${text}` };
}

function storage(...files: object[]): object {
  return { storage: { files } };
}

const core = (...keys: string[]) => ({
  passwd: { users: [{ name: 'core', sshAuthorizedKeys: keys }] },
});

/** Warnings of a config that comes with a key in the spec, or the refusal. */
function verdict(config: UserConfig, keys = [key]): string[] {
  try {
    return checkUserConfig(spec(config, keys)).warnings;
  } catch (error) {
    if (!(error instanceof ConfigRefused)) throw error;
    return [`REFUSED ${error.problems.map(({ message }) => message).join(' | ')}`];
  }
}

/** The same with no key in the spec. */
function alone(config: UserConfig): string[] {
  return verdict(config, []);
}

function howTo(number: 1 | 2): UserConfig {
  const url = new URL(`../../../test/fixtures/howto-${number}.cloud-config.yaml`, import.meta.url);
  const text = readFileSync(url, 'utf8').replace('{{KEY}}', key);
  return { kind: 'cloud-config', file: `howto-${number}.yaml`, text };
}

describe('the cloud-configs of the how-to', () => {
  it('with a key written as a file is accepted', () => {
    expect(alone(howTo(1))).toEqual([]);
  });

  it('with an own sshd_config is accepted, and the dead option is named', () => {
    expect(alone(howTo(2))).toEqual([
      'howto-2.yaml: /etc/ssh/sshd_config: sshd ignores UsePrivilegeSeparation, ' +
        'it is no longer an option',
    ]);
  });
});

describe('somebody must be able to log in', () => {
  const sshd = (...lines: string[]) => ({
    path: '/etc/ssh/sshd_config',
    contents: { source: dataUrl(lines.join('\n')) },
  });
  const sshdIn = (...lines: string[]) => ignition({ ...core(key), ...storage(sshd(...lines)) });

  it('no key anywhere is refused', () => {
    expect(alone({ kind: 'none' })[0]).toContain('there is no public key in the config');
    expect(alone(ignition({}))[0]).toContain('there is no public key in the config');
    expect(alone(cloudConfig('hostname: x\n'))[0]).toContain('there is no public key');
    expect(alone(ignition(core('# ' + key)))[0]).toContain('there is no public key');
  });

  it('a key in the spec, in Ignition, in a cloud-config or in a file is enough', () => {
    expect(verdict({ kind: 'none' })).toEqual([]);
    expect(alone(ignition(core(key)))).toEqual([]);
    expect(alone(cloudConfig(`ssh_authorized_keys: ["${key}"]\n`))).toEqual([]);
    expect(
      alone(cloudConfig(`users:\n  - name: core\n    ssh-authorized-keys: ["${key}"]\n`)),
    ).toEqual([]);
    const file = { path: '/home/core/.ssh/authorized_keys', contents: { source: dataUrl(key) } };
    expect(alone(ignition(storage(file)))).toEqual([]);
  });

  it('a key for somebody else is none for core', () => {
    expect(
      alone(ignition({ passwd: { users: [{ name: 'me', sshAuthorizedKeys: [key] }] } }))[0],
    ).toMatch(/^REFUSED/);
  });

  it('an AuthorizedKeysFile that nothing writes is refused by its name', () => {
    const refusal = alone(sshdIn('AuthorizedKeysFile %h/.keys/%u'))[0];
    expect(refusal).toContain('/home/core/.keys/core, which nothing writes');
    expect(refusal).toContain('/home/core/.ssh/authorized_keys.d/ignition');
    expect(alone(sshdIn('UseDNS no'))[0]).toContain('.ssh/authorized_keys2, which nothing writes');
  });

  it('is accepted with a key in the spec, which goes wherever sshd looks', () => {
    expect(verdict(ignition(storage(sshd('AuthorizedKeysFile %h/.keys/%u'))))).toEqual([]);
  });

  it('the first AuthorizedKeysFile counts', () => {
    const ignitionFile = 'AuthorizedKeysFile .ssh/authorized_keys.d/ignition';
    expect(alone(sshdIn(ignitionFile, 'AuthorizedKeysFile none'))).toEqual([]);
    expect(alone(sshdIn('AuthorizedKeysFile .keys', ignitionFile))[0]).toMatch(/^REFUSED/);
    expect(alone(sshdIn('authorizedkeysfile="/etc/keys" # all'))[0]).toContain('/etc/keys, which');
  });

  it('what a Match block may say about core counts too', () => {
    const forUser = (user: string) => [
      'AuthorizedKeysFile .ssh/authorized_keys.d/ignition',
      `Match User ${user}`,
      '  AuthorizedKeysFile none',
    ];
    expect(alone(sshdIn(...forUser('git')))).toEqual([]);
    expect(alone(sshdIn(...forUser('git,core')))[0]).toContain('AuthorizedKeysFile none');
    expect(alone(sshdIn(...forUser('*')))[0]).toContain('AuthorizedKeysFile none');
  });

  it.each([
    ['AuthorizedKeysFile none', 'AuthorizedKeysFile none'],
    ['PubkeyAuthentication no', 'PubkeyAuthentication no'],
    ['AllowUsers root admin', 'which leaves core out'],
    ['DenyUsers core', 'DenyUsers core'],
    ['HostKey /etc/ssh/ssh_host_rsa_key', 'not /etc/ssh/ssh_host_ed25519_key'],
  ])('%s is refused even with a key in the spec', (line, expected) => {
    expect(verdict(sshdIn(line))[0]).toContain(expected);
  });

  it('a drop-in counts when it is included', () => {
    const dropin = {
      path: '/etc/ssh/sshd_config.d/10-keys.conf',
      contents: { source: 'data:,AuthorizedKeysFile%20none%0A' },
    };
    const main = sshd('AuthorizedKeysFile .ssh/authorized_keys.d/ignition');
    const including = sshd('Include sshd_config.d/*.conf');
    expect(alone(ignition({ ...core(key), ...storage(dropin) }))[0]).toContain('KeysFile none');
    expect(alone(ignition({ ...core(key), ...storage(dropin, including) }))[0]).toContain('none');
    expect(alone(ignition({ ...core(key), ...storage(dropin, main) }))).toEqual([]);
  });

  it('an sshd_config from elsewhere needs a key in the spec', () => {
    const remote = { path: '/etc/ssh/sshd_config', contents: { source: 'https://x.example/c' } };
    expect(alone(ignition({ ...core(key), ...storage(remote) }))[0]).toContain('is not known here');
    expect(verdict(ignition(storage(remote)))[0]).toContain('is not known before the first boot');
  });

  it('a key file that sshd would not accept is refused', () => {
    const entry = (attributes: string) =>
      cloudConfig(
        `write_files:\n  - path: /home/core/.ssh/authorized_keys\n    content: ${key}\n${attributes}`,
      );
    expect(alone(entry('    permissions: "0600"\n'))[0]).toContain('would not be accepted by sshd');
    expect(alone(entry('    owner: core\n    permissions: "0666"\n'))[0]).toContain('accepted');
    expect(alone(entry('    owner: core\n    permissions: 0600\n'))).toEqual([]);
  });
});

describe('an Ignition config', () => {
  const merging = (source: string): UserConfig => ({
    kind: 'ignition',
    file: 'core1.ign',
    text: JSON.stringify({ ignition: { version: '3.3.0', config: { merge: [{ source }] } } }),
  });

  it.each([
    ['{ nonsense', 'is not JSON'],
    ['[]', 'the config: '],
    ['{"ignition":{}}', 'ignition.version: '],
    ['{"ignition":{"version":"2.3.0"}}', 'ignition.version 2.3.0 is not one that Flatcar reads'],
    ['{"ignition":{"version":"3.6.0"}}', 'ignition.version 3.6.0 is not one that Flatcar reads'],
  ])('%s is refused', (text, expected) => {
    expect(verdict({ kind: 'ignition', file: 'x.ign', text })[0]).toContain(`REFUSED ${expected}`);
  });

  it('never quotes what it cannot parse', () => {
    const text = '{"password": "hunter2, and no end';
    expect(verdict({ kind: 'ignition', file: 'x.ign', text })[0]).not.toContain('hunter2');
  });

  it('above 3.3.0 and with unknown keys is accepted with warnings', () => {
    expect(verdict(ignition({}, '3.4.0'))).toEqual([
      expect.stringContaining('core1.ign: ignition.version 3.4.0: systems with an Ignition older'),
    ]);
    expect(verdict(ignition({ systemdd: {} }))).toEqual([
      'core1.ign: unknown key systemdd: Ignition ignores it',
    ]);
  });

  it('that takes another config from a URL is refused, from a data: URL is read', () => {
    expect(verdict(merging('https://x.example/c'))[0]).toContain('from a URL');
    const inner = JSON.stringify({ ignition: { version: '3.3.0' }, ...core(key) });
    expect(alone(merging(dataUrl(inner)))).toEqual([]);
    const colliding = JSON.stringify({
      ignition: { version: '3.3.0' },
      ...storage({ path: '/etc/ironstep/hold' }),
    });
    expect(verdict(merging(dataUrl(colliding)))[0]).toContain('written by ironstep');
  });

  it.each([
    [{ disks: [{ device: '/dev/sda' }] }, 'storage.disks would change the disk'],
    [{ raid: [{ name: 'x' }] }, 'storage.raid would change'],
    [{ filesystems: [{ device: '/dev/sda9' }] }, 'storage.filesystems would format /dev/sda9'],
    [{ filesystems: [{ device: '/dev/disk/by-id/ata-WDC_WD-1-part9' }] }, 'would format'],
    [{ filesystems: [{ device: '/dev/disk/by-id/wwn-0x5001' }] }, 'would format'],
    [{ filesystems: [{ device: '/dev/disk/by-label/ROOT' }] }, 'would format'],
  ])('%j is refused: the disk is ours', (content, expected) => {
    expect(verdict(ignition({ storage: content }))[0]).toContain(expected);
  });

  it('may use a disk that is certainly another one', () => {
    const filesystems = [{ device: '/dev/disk/by-id/ata-ST1000_Z1', format: 'xfs' }];
    expect(verdict(ignition({ storage: { filesystems } }))).toEqual([]);
  });

  it.each([
    { storage: { files: [{ path: '/etc/ssh/ssh_host_ed25519_key' }] } },
    { storage: { files: [{ path: '/opt/ironstep/ensure-login.sh' }] } },
    { storage: { files: [{ path: '/etc/systemd/system/srv-my\\x2ddata.mount' }] } },
    { storage: { links: [{ path: '/etc/ironstep', target: '/tmp' }] } },
    { storage: { links: [{ path: '/opt', target: '/srv' }] } },
    { storage: { directories: [{ path: '/etc/ironstep' }] } },
    { systemd: { units: [{ name: 'ironstep-login.service' }] } },
    { systemd: { units: [{ name: 'srv-my\\x2ddata.mount' }] } },
    {
      systemd: {
        units: [{ name: 'locksmithd.service', dropins: [{ name: '10-ironstep-hold.conf' }] }],
      },
    },
  ])('%j collides with ours', (content) => {
    expect(verdict(ignition(content))[0]).toMatch(/^REFUSED .* by ironstep; leave it out$/);
  });

  it('may write beside ours', () => {
    const content = {
      storage: {
        directories: [{ path: '/opt' }, { path: '/etc/ssh' }],
        files: [{ path: '/etc/hostname', contents: { source: 'data:,x' } }, { path: '/opt/x' }],
      },
      systemd: { units: [{ name: 'locksmithd.service', mask: true }] },
    };
    expect(verdict(ignition(content))).toEqual([]);
  });

  it('is warned of a decimal mode and of files that a mount will hide', () => {
    const file = { path: '/srv/my-data/x', mode: 644, contents: { source: 'data:,' } };
    expect(verdict(ignition(storage(file)))).toEqual([
      'core1.ign: /srv/my-data/x: mode 644 is decimal in JSON; for octal 644 write 420',
      'core1.ign: /srv/my-data/x will be hidden by partition data, mounted on /srv/my-data',
    ]);
  });

  it('may be compressed, but its data: URLs must be readable', () => {
    const source = `data:;base64,${gzipSync(key).toString('base64')}`;
    const path = '/home/core/.ssh/authorized_keys';
    expect(alone(ignition(storage({ path, contents: { source, compression: 'gzip' } })))).toEqual(
      [],
    );
    const broken = { path, contents: { source: 'data:,%zz' } };
    expect(verdict(ignition(storage(broken)))[0]).toContain('cannot be decoded');
  });

  it('that removes core or gives it no shell is refused', () => {
    const users = (user: object) => ignition({ passwd: { users: [{ name: 'core', ...user }] } });
    expect(verdict(users({ shouldExist: false }))[0]).toContain('removes the user core');
    expect(verdict(users({ shell: '/sbin/nologin' }))[0]).toContain('nobody could log in');
  });

  it('larger than a run can carry is refused', () => {
    const large = { path: '/x', contents: { source: dataUrl('x'.repeat(300_000)) } };
    expect(verdict(ignition(storage(large)))[0]).toContain('at most 256 KiB');
  });
});

describe('a cloud-config', () => {
  it.each([
    ['hostname: x\n', 'does not begin with the line #cloud-config'],
    ['#cloud-config\nhostname: [\n', 'is not YAML, see line 3'],
    ['#cloud-config\n- x\n', 'the config: '],
    ['#cloud-config\nwrite_files: x\n', 'write_files: '],
    ['#cloud-config\nwrite_files: [{ paht: /x }]\n', 'write_files.0.path: '],
    ['#cloud-config\nwrite_files: [{ path: /etc/ironstep/hold }]\n', 'is written by ironstep'],
    [
      '#cloud-config\ncoreos: { units: [{ name: ironstep-login.service }] }\n',
      'is made by ironstep',
    ],
    ['#cloud-config\nwrite_files: [{ path: /x, permissions: 0o600 }]\n', 'is not octal'],
    ['#cloud-config\nwrite_files: [{ path: /x, encoding: gz+b64, content: "@" }]\n', 'as gz+b64'],
  ])('%j is refused', (text, expected) => {
    expect(verdict({ kind: 'cloud-config', file: 'c.yaml', text })[0]).toContain(expected);
  });

  it.each([
    ['hostnaem: x\n', 'unknown key hostnaem: coreos-cloudinit ignores it. Did you mean hostname?'],
    ['packages: [x]\n', 'unknown key packages: coreos-cloudinit ignores it'],
    ['write_files: [{ path: /x, permissions: 600 }]\n', 'permissions 600 looks decimal'],
    ['coreos: { unit: [] }\n', 'coreos.unknown key unit'],
  ])('%j is accepted with a warning', (text, expected) => {
    expect(verdict(cloudConfig(text))[0]).toContain(`core1.yaml: `);
    expect(verdict(cloudConfig(text))[0]).toContain(expected.replace('coreos.unknown', 'unknown'));
  });

  it('with nothing in it is accepted when the spec has a key', () => {
    expect(verdict(cloudConfig(''))).toEqual([]);
    expect(verdict(cloudConfig('coreos:\nwrite_files:\nssh_authorized_keys:\n'))).toEqual([]);
  });
});
