import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const script = fileURLToPath(new URL('./ensure-login.sh', import.meta.url));
const ours = 'ssh-ed25519 AAAAours ironstep-login';
const mine = 'ssh-ed25519 AAAAmine me@laptop';

let folder: string;
let home: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ironstep-login-'));
  home = join(folder, 'home');
  mkdirSync(join(folder, 'bin'));
  mkdirSync(home);
  program('getent', `echo core:x:${process.getuid?.()}:${process.getgid?.()}::${home}:/bin/sh`);
  writeFileSync(join(folder, 'login-keys'), `${ours}\n\n# theirs\n${mine}\n`);
});

afterEach(() => rmSync(folder, { recursive: true }));

function program(name: string, body: string): void {
  const path = join(folder, 'bin', name);
  writeFileSync(path, `#!/bin/sh\n${body}\n`);
  chmodSync(path, 0o755);
}

/** An sshd that reads keys from these files. */
function sshd(files: string): void {
  const asked = '-T -C user=core,host=localhost,addr=127.0.0.1';
  program(
    'sshd',
    `[ "$*" = "${asked}" ] || exit 1\necho 'port 22'\necho 'authorizedkeysfile ${files}'`,
  );
}

const shells = ['dash', 'bash', 'busybox'].filter(
  (shell) => spawnSync(shell, ['--help']).error === undefined,
);

describe.each(shells)('ensure-login.sh under %s', (shell) => {
  function run(): { status: number | null; stderr: string } {
    const args = [script, join(folder, 'login-keys')];
    const done = spawnSync(shell, shell === 'busybox' ? ['sh', ...args] : args, {
      encoding: 'utf8',
      env: { PATH: `${join(folder, 'bin')}:${process.env['PATH']}` },
    });
    return { status: done.status, stderr: done.stderr };
  }

  function mode(path: string): string {
    return (statSync(path).mode & 0o7777).toString(8);
  }

  it('makes the first file that sshd reads, closed to others', () => {
    sshd('.ssh/authorized_keys.d/x .ssh/authorized_keys');
    expect(run()).toEqual({ status: 0, stderr: '' });
    const file = join(home, '.ssh/authorized_keys.d/x');
    expect(readFileSync(file, 'utf8')).toBe(`${ours}\n${mine}\n`);
    expect([mode(file), mode(join(home, '.ssh'))]).toEqual(['600', '700']);
    expect(existsSync(join(home, '.ssh/authorized_keys'))).toBe(false);
  });

  it('keeps what is there, and adds only what is missing', () => {
    sshd('%h/.ssh/%u%%keys');
    mkdirSync(join(home, '.ssh'));
    const file = join(home, '.ssh/core%keys');
    writeFileSync(
      file,
      `# a comment\nssh-ed25519 AAAAmine another comment\n#${ours}\nssh-rsa AAAAx x`,
    );
    expect(run().status).toBe(0);
    expect(readFileSync(file, 'utf8')).toBe(
      `# a comment\nssh-ed25519 AAAAmine another comment\n#${ours}\nssh-rsa AAAAx x\n${ours}\n`,
    );
  });

  it('changes nothing the second time', () => {
    sshd('.ssh/authorized_keys');
    run();
    const file = join(home, '.ssh/authorized_keys');
    const before = [readFileSync(file, 'utf8'), statSync(file).ino];
    expect(run().status).toBe(0);
    expect([readFileSync(file, 'utf8'), statSync(file).ino]).toEqual(before);
  });

  it('outside of the home makes a file that core can read', () => {
    sshd(`${folder}/keys/%u`);
    expect(run().status).toBe(0);
    const file = join(folder, 'keys/core');
    expect(readFileSync(file, 'utf8')).toContain(ours);
    expect([mode(file), mode(join(folder, 'keys'))]).toEqual(['644', '755']);
  });

  it.each([
    ['sshd reads no file', () => sshd('none'), 'sshd reads keys from no file'],
    ['sshd refuses its config', () => program('sshd', 'exit 255'), 'sshd -T cannot say'],
    ['there is no core', () => program('getent', 'exit 2'), 'there is no user core'],
  ])('fails when %s', (_, arrange, expected) => {
    arrange();
    const { status, stderr } = run();
    expect(status).toBe(1);
    expect(stderr).toContain(`ensure-login: ${expected}`);
  });
});
