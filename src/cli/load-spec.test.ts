import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join, relative } from 'node:path';

import { utils } from 'ssh2';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { newKeyPair } from '../../test/fixtures/key-pair.ts';
import { SpecError } from '../spec/spec-error.ts';
import { loadSpec } from './load-spec.ts';

const pair = newKeyPair('me@laptop');
const key = pair.publicKey;

const spec = `server: core1
provider: { kind: ovh, service: ns1.example, account: lab }
image: { os: flatcar }
disk: { only: true }
`;

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ironstep-spec-'));
  write('me.pub', `${key}\n`);
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

function write(name: string, text: string, mode = 0o600): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
}

function load(more: string) {
  return loadSpec(write('core1.yaml', spec + more));
}

async function complaint(more: string): Promise<string> {
  const error: unknown = await load(more).catch((reason: unknown) => reason);
  if (!(error instanceof SpecError)) throw new Error(`no SpecError: ${String(error)}`);
  return error.message.replaceAll(`${folder}/`, '');
}

/** PATH with nothing but one program, a shell script. */
function onlyProgram(name: string, body: string): void {
  mkdirSync(join(folder, 'bin'));
  write(`bin/${name}`, `#!/bin/sh\n${body}\n`, 0o755);
  vi.stubEnv('PATH', join(folder, 'bin'));
}

describe('keys', () => {
  it('are read from files beside the spec, or taken as they are, each once', async () => {
    const other = utils.generateKeyPairSync('ecdsa', { bits: 256, comment: 'x' }).public.trim();
    write('team.keys', `# the team\n${other}\n\n${key}\n`);
    const loaded = await load(`ssh: { authorizedKeys: [me.pub, "${key}", team.keys] }\n`);
    expect(loaded.spec.ssh.authorizedKeys).toEqual([key, other]);
    expect(loaded).toMatchObject({ spec: { config: { kind: 'none' } }, warnings: [] });
  });

  it('are found in the home folder', async () => {
    const path = relative(homedir(), join(folder, 'me.pub'));
    const loaded = await load(`ssh: { authorizedKeys: ["~/${path}"] }\n`);
    expect(loaded.spec.ssh.authorizedKeys).toEqual([key]);
  });

  it('of a security token are taken', async () => {
    const type = 'sk-ssh-ed25519@openssh.com';
    const blob = Buffer.concat([
      Buffer.from([0, 0, 0, type.length]),
      Buffer.from(type),
      Buffer.alloc(40),
    ]);
    const token = `${type} ${blob.toString('base64')} token`;
    const loaded = await load(`ssh: { authorizedKeys: ["${token}"] }\n`);
    expect(loaded.spec.ssh.authorizedKeys).toEqual([token]);
  });

  it('that are private are refused and never shown', async () => {
    write('id', pair.privateKey);
    const message = await complaint('ssh: { authorizedKeys: [id] }\n');
    expect(message).toContain('core1.yaml:5:25  ssh.authorizedKeys[0]: this is a private key');
    const inline = await complaint(
      `ssh: { authorizedKeys: [${JSON.stringify(pair.privateKey)}] }\n`,
    );
    const secret = pair.privateKey.split('\n')[2] ?? '';
    expect(secret.length).toBeGreaterThan(20);
    expect(message + inline).not.toContain(secret);
    expect(inline).toContain('this is a private key');
  });

  it.each([
    ['missing.pub', 'missing.pub: there is no such file.'],
    ['.', 'this is a folder, not a file.'],
    ['empty', 'there is no key in it.'],
    ['not-a-key', 'this is not an OpenSSH public key'],
    ['ssh-ed25519 AAAAnonsense', 'this is not an OpenSSH public key'],
  ])('%s is refused', async (entry, expected) => {
    write('empty', '# nothing\n');
    write('not-a-key', 'hello\n');
    const message = await complaint(`ssh:\n  authorizedKeys:\n    - ${entry}\n`);
    expect(message).toMatch(/^core1\.yaml:7:7 {2}ssh\.authorizedKeys\[0\]: /);
    expect(message).toContain(expected);
  });
});

describe('the machine config', () => {
  const withKey = 'ssh: { authorizedKeys: [me.pub] }\n';

  it('is read from beside the spec', async () => {
    const text = '{"ignition":{"version":"3.3.0"}}';
    write('core1.ign', text);
    const { spec: loaded } = await load(`${withKey}config: { ignition: core1.ign }\n`);
    expect(loaded.config).toEqual({ kind: 'ignition', file: 'core1.ign', text });
  });

  it('that is missing is told together with other problems', async () => {
    const message = await complaint(
      'config: { cloudConfig: c.yaml }\nssh: { authorizedKeys: [x] }\n',
    );
    expect(message).toBe(
      'core1.yaml:5:24  config.cloudConfig: c.yaml: there is no such file.\n' +
        'core1.yaml:6:25  ssh.authorizedKeys[0]: x: there is no such file.',
    );
  });

  it('that would lock everybody out is refused', async () => {
    expect(await complaint('')).toContain('ssh.authorizedKeys: nobody could log in');
    write('core1.ign', '{"ignition":{"version":"3.3.0"}}');
    expect(await complaint('config: { ignition: core1.ign }\n')).toContain(
      'core1.ign  nobody could log in',
    );
  });

  it('of the how-to is accepted, with its warning', async () => {
    const url = new URL('../../test/fixtures/howto-2.cloud-config.yaml', import.meta.url);
    write('c.yaml', readFileSync(url, 'utf8').replace('{{KEY}}', key));
    const { warnings } = await load('config: { cloudConfig: c.yaml }\n');
    expect(warnings).toEqual([expect.stringContaining('UsePrivilegeSeparation')]);
  });

  it('in Butane is compiled by butane', async () => {
    write('core1.bu', 'variant: flatcar\nversion: 1.0.0\n');
    onlyProgram(
      'butane',
      `echo 'a warning' >&2\necho '{"ignition":{"version":"3.3.0"},"systemd":{}}'`,
    );
    const { spec: loaded, warnings } = await load(`${withKey}config: { butane: core1.bu }\n`);
    expect(loaded.config).toMatchObject({ kind: 'ignition', file: 'core1.bu' });
    expect(warnings).toEqual(['core1.bu: a warning']);
  });

  it('in Butane needs butane, and what that refuses is refused', async () => {
    write('core1.bu', 'variant: flatcar\n');
    onlyProgram('butane', `echo 'no version' >&2; exit 1`);
    const more = `${withKey}config: { butane: core1.bu }\n`;
    expect(await complaint(more)).toContain('config.butane: core1.bu: butane: no version.');
    vi.stubEnv('PATH', folder);
    expect(await complaint(more)).toContain('needs the program butane, which is not on PATH');
    // One that this user may not run is no other case: so it is for the PATH of `su USER`.
    write('butane', '', 0o644);
    expect(await complaint(more)).toContain('needs the program butane, which is not on PATH');
  });

  it('is shown to ignition-validate when that is there', async () => {
    write('core1.ign', '{"ignition":{"version":"3.3.0"}}');
    const more = `${withKey}config: { ignition: core1.ign }\n`;
    onlyProgram('ignition-validate', `echo 'warning at $.foo'`);
    expect((await load(more)).warnings).toEqual(['core1.ign: ignition-validate: warning at $.foo']);
    write('bin/ignition-validate', '#!/bin/sh\necho broken >&2\nexit 1\n', 0o755);
    expect(await complaint(more)).toBe('core1.ign  ignition-validate: broken.');
    const old = `#!/bin/sh\necho "couldn't parse config: unsupported config version"\nexit 1\n`;
    write('bin/ignition-validate', old, 0o755);
    expect((await load(more)).warnings).toEqual([]);
  });
});

it('a spec that is not there is told as such', async () => {
  await expect(loadSpec(join(folder, 'nothing.yaml'))).rejects.toThrow(
    'nothing.yaml  there is no such file.',
  );
});
