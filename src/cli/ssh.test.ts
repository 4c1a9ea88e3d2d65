import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';

import { cliContext } from '../../test/fixtures/cli-context.ts';
import { inRescue, mustNotBoot, shrinking } from '../../test/fixtures/example-runs.ts';
import { noSshd, startLocalSshd } from '../../test/local-sshd.ts';
import type { LocalSshd } from '../../test/local-sshd.ts';
import type { LiveStatus } from '../client/live-status.ts';
import { runProgram } from './program.ts';
import { destinationOf, shellLine, sshArguments, writeKnownHosts } from './ssh-command.ts';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ironstep-ssh-test-'));
});
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => void vi.unstubAllEnvs());

/** Runs `ironstep ssh core1 …` with a program in place of OpenSSH's. */
async function ironstepSsh(body: string, status: LiveStatus, ...command: string[]) {
  const trace = join(folder, 'trace');
  const script = `#!/bin/sh\necho "$@" >${trace}\nwhile [ "$1" != -E ]; do shift; done\nlog=$2\n`;
  writeFileSync(join(folder, 'ssh'), `${script}${body}\n`, { mode: 0o755 });
  vi.stubEnv('PATH', folder);
  const cli = cliContext({ status: async () => status });
  const code = await runProgram(['ssh', 'core1', ...command], cli.context);
  return { code, err: cli.err(), out: cli.out(), words: readFileSync(trace, 'utf8').trim() };
}

describe('ironstep ssh', () => {
  it("gives OpenSSH's exit code back, and leaves no file behind", async () => {
    const { code, err, words } = await ironstepSsh('exit 7', inRescue, '--', 'ls', '--verbose');
    expect([code, err]).toEqual([7, '']);
    expect(words).toMatch(/ -p 22 -l root 127\.0\.77\.1 -- ls --verbose$/);
    const knownHosts = / UserKnownHostsFile=(\S+)/.exec(words)?.[1] ?? '';
    expect(knownHosts).toMatch(/^\//);
    expect(existsSync(knownHosts)).toBe(false);
  });

  it('explains a host key that differs, after what OpenSSH says of it', async () => {
    const said = 'echo "Host key verification failed." >"$log"\nexit 255';
    const { code, err } = await ironstepSsh(said, inRescue);
    expect(code).toBe(255);
    expect(err).toMatch(/^Host key verification failed\.\nAnother system answers than the rescue/);
    expect(err).toContain('  npx ironstep boot disk core1');
  });

  it('says how to be let in', async () => {
    const said = 'echo "core@127.0.77.1: Permission denied (publickey)." >"$log"\nexit 255';
    const login = { kind: 'installed' as const, user: 'core', hostKey: 'ssh-ed25519 AAAA' };
    expect((await ironstepSsh(said, { ...inRescue, login })).err).toContain(
      '  npx ironstep add-key core1 --key FILE.pub',
    );
    expect((await ironstepSsh(said, inRescue)).err).toContain('ssh.authorizedKeys');
  });

  it.each([
    ['a run that is under way', shrinking, '  npx ironstep watch core1'],
    ['a run that ended without one', mustNotBoot, '  npx ironstep rescue core1'],
  ])('without a proven system: %s', async (_, status, advice) => {
    const { context, err } = cliContext({ status: async () => status });
    expect(await runProgram(['ssh', 'core1'], context)).toBe(1);
    expect(err()).toContain(advice);
  });

  it('--print says a line for the shell, whose host key file is for its owner only', async () => {
    vi.stubEnv('XDG_STATE_HOME', folder);
    const { context, out } = cliContext({ status: async () => inRescue });
    expect(await runProgram(['ssh', 'core1', '--print', '--', 'echo', "it's"], context)).toBe(0);
    expect(out()).toMatch(/^ssh -o .* 127\.0\.77\.1 -- echo 'it'\\''s'\n$/);
    const file = / UserKnownHostsFile=(\S+)/.exec(out())?.[1] ?? '';
    expect(readFileSync(file, 'utf8')).toBe('core1 ssh-ed25519 AAAAC3rescue\n');
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });
});

describe.skipIf(noSshd)('the real ssh', () => {
  let sshd: LocalSshd;
  beforeAll(async () => {
    sshd = await startLocalSshd();
    writeFileSync(join(folder, 'login'), sshd.loginKey.privateKey, { mode: 0o600 });
  });
  afterAll(() => sshd.stop());

  /** As the person's shell would run it, with their key. */
  function logIn(hostKey: string, command: string[]) {
    const { host, user } = sshd.target();
    const login = { kind: 'installed' as const, user, hostKey };
    const run: LiveStatus = { ...inRescue, address: host, sshPort: sshd.port, login };
    const destination = destinationOf(run);
    const knownHosts = writeKnownHosts(folder, destination);
    const words = sshArguments(destination, { knownHosts, command });
    const own = ['ssh', '-F', 'none', '-i', join(folder, 'login'), '-o', 'BatchMode=yes'];
    return spawnSync('sh', ['-c', shellLine([...own, ...words])], { encoding: 'utf8' });
  }

  it('is let in under the pinned host key, and passes the exit code on', () => {
    const hostKey = sshd.hostKeys[0]?.publicKey ?? '';
    expect(logIn(hostKey, ['echo', 'here;', 'exit', '7'])).toMatchObject({
      status: 7,
      stdout: 'here\n',
      stderr: '',
    });
  });

  it('refuses another host key before it shows one of its own', () => {
    const { status, stdout, stderr } = logIn(sshd.loginKey.publicKey, ['echo', 'here']);
    expect([status, stdout]).toEqual([255, '']);
    expect(stderr).toContain('Host key verification failed.');
  });
});
