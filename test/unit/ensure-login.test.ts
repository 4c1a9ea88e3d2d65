import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { FakeAccount, modeOf } from '../fixtures/fake-account.ts';

const script = fileURLToPath(new URL('../../src/remote/ensure-login.sh', import.meta.url));
const ours = 'ssh-ed25519 AAAAours ironstep-login';
const mine = 'ssh-ed25519 AAAAmine me@laptop';

let core: FakeAccount;

beforeEach(() => {
  core = new FakeAccount('core');
  writeFileSync(join(core.folder, 'login-keys'), `${ours}\n\n# theirs\n${mine}\n`);
});

afterEach(() => core.remove());

const shells = ['dash', 'bash', 'busybox'].filter(
  (shell) => spawnSync(shell, ['--help']).error === undefined,
);

describe.each(shells)('ensure-login.sh under %s', (shell) => {
  function run(account = core, ...options: string[]) {
    const args = [script, join(core.folder, 'login-keys'), ...options];
    const { status, stdout, stderr } = spawnSync(
      shell,
      shell === 'busybox' ? ['sh', ...args] : args,
      { encoding: 'utf8', env: { PATH: account.path } },
    );
    return { status, stdout, stderr };
  }

  it('makes the first file that sshd reads, closed to others, and names it', () => {
    core.sshd('.ssh/authorized_keys.d/x .ssh/authorized_keys');
    const file = join(core.home, '.ssh/authorized_keys.d/x');
    expect(run()).toEqual({
      status: 0,
      stdout: `added 2 key(s) to ${file}\nsshd reads keys of core from ${file}\n`,
      stderr: '',
    });
    expect(readFileSync(file, 'utf8')).toBe(`${ours}\n${mine}\n`);
    expect([modeOf(file), modeOf(join(core.home, '.ssh'))]).toEqual(['600', '700']);
    expect(existsSync(join(core.home, '.ssh/authorized_keys'))).toBe(false);
  });

  it('keeps what is there, and adds only what is missing', () => {
    core.sshd('%h/.ssh/%u%%keys');
    mkdirSync(join(core.home, '.ssh'));
    const file = join(core.home, '.ssh/core%keys');
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
    core.sshd('.ssh/authorized_keys');
    run();
    const file = join(core.home, '.ssh/authorized_keys');
    const before = [readFileSync(file, 'utf8'), statSync(file).ino];
    expect(run().status).toBe(0);
    expect([readFileSync(file, 'utf8'), statSync(file).ino]).toEqual(before);
  });

  it('outside of the home makes a file that core can read', () => {
    core.sshd(`${core.folder}/keys/%u`);
    expect(run().status).toBe(0);
    const file = join(core.folder, 'keys/core');
    expect(readFileSync(file, 'utf8')).toContain(ours);
    expect([modeOf(file), modeOf(join(core.folder, 'keys'))]).toEqual(['644', '755']);
  });

  it("another user's: root's, in the rescue system", () => {
    const root = new FakeAccount('root');
    root.sshd('.ssh/authorized_keys');
    expect(run(root, '--user', 'root').status).toBe(0);
    expect(readFileSync(join(root.home, '.ssh/authorized_keys'), 'utf8')).toContain(mine);
    root.remove();
  });

  it('a named file, closed to others, whatever sshd says', () => {
    core.program('sshd', 'exit 255');
    const file = join(core.folder, 'etc/ironstep/keys');
    expect(run(core, '--into', file).status).toBe(0);
    expect(readFileSync(file, 'utf8')).toBe(`${ours}\n${mine}\n`);
    expect([modeOf(file), modeOf(join(core.folder, 'etc/ironstep'))]).toEqual(['600', '755']);
  });

  it.each([
    ['sshd reads no file', () => core.sshd('none'), 'sshd reads keys from no file'],
    ['sshd refuses its config', () => core.program('sshd', 'exit 255'), 'sshd -T cannot say'],
    ['there is no core', () => core.program('getent', 'exit 2'), 'there is no user core'],
  ])('fails when %s', (_, arrange, expected) => {
    arrange();
    const { status, stderr } = run();
    expect(status).toBe(1);
    expect(stderr).toContain(`ensure-login: ${expected}`);
  });
});
