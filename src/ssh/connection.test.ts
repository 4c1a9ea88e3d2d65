import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { existsSync, readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { freePort, makeKey, noSshd, startLocalSshd } from '../../test/local-sshd.ts';
import type { LocalSshd } from '../../test/local-sshd.ts';
import { connect } from './connection.ts';
import type { SshConnection, SshTarget } from './connection.ts';
import {
  RemoteCommandFailed,
  SshAuthRefused,
  SshConnectionLost,
  SshHostKeyMismatch,
  SshUnreachable,
} from './errors.ts';
import { keyFingerprint } from './host-key.ts';

/** Runs until its output goes nowhere: nothing of a test stays behind. */
const endless = 'while echo; do sleep 0.1; done';
const patience = { timeout: 15_000, interval: 20 };
let sshd: LocalSshd;
const open: SshConnection[] = [];

/** Connects and closes at the end of the test. */
async function login(changes: Partial<SshTarget> = {}): Promise<SshConnection> {
  const connection = await connect(sshd.target(changes), { connectTimeoutMs: 15_000 });
  open.push(connection);
  return connection;
}

async function failure(attempt: Promise<unknown>): Promise<Error> {
  return await attempt.then(
    () => new Error('no failure'),
    (error: Error) => error,
  );
}

describe.skipIf(noSshd)('connect', () => {
  beforeAll(async () => {
    sshd = await startLocalSshd({ hostKeyTypes: ['ed25519', 'ecdsa', 'rsa'] });
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((connection) => connection.close()));
  });
  afterAll(() => sshd.stop());

  it.each([0, 1, 2])('gets host key %i offered when that one is pinned', async (index) => {
    const key = sshd.hostKeys[index]?.publicKey ?? '';
    const connection = await login({ hostKey: { kind: 'pinned', keys: [key] } });
    expect(key.startsWith(`${connection.hostKey} `)).toBe(true);
  });

  it('accepts any of several pinned keys', async () => {
    const keys = [makeKey(sshd.folder, 'other').publicKey, sshd.hostKeys[0]?.publicKey ?? ''];
    await expect(login({ hostKey: { kind: 'pinned', keys } })).resolves.toBeDefined();
  });

  it('reports the key of a first use', async () => {
    const connection = await login({ hostKey: { kind: 'first-use' } });
    expect(sshd.hostKeys[0]?.publicKey.startsWith(`${connection.hostKey} `)).toBe(true);
  });

  it('refuses another key of the pinned type and names both', async () => {
    const stranger = makeKey(sshd.folder, 'stranger').publicKey;
    const error = await failure(login({ hostKey: { kind: 'pinned', keys: [stranger] } }));
    expect(error).toBeInstanceOf(SshHostKeyMismatch);
    expect(error.message).toContain(keyFingerprint(stranger));
    expect(error.message).toContain(keyFingerprint(sshd.hostKeys[0]?.publicKey ?? ''));
    expect(error.message).toContain(`127.0.0.1:${sshd.port}`);
  });

  it('refuses a server that has no key of the pinned type', async () => {
    const only = await startLocalSshd({ hostKeyTypes: ['ecdsa'] });
    const keys = [sshd.hostKeys[0]?.publicKey ?? ''];
    const attempt = connect(only.target({ hostKey: { kind: 'pinned', keys } }), {
      connectTimeoutMs: 15_000,
    });
    const error = await failure(attempt);
    await only.stop();
    expect(error).toMatchObject({ name: 'SshHostKeyMismatch', offered: null });
  });

  it('does not pin nothing, nor what is no key', async () => {
    await expect(login({ hostKey: { kind: 'pinned', keys: [] } })).rejects.toThrow(RangeError);
    await expect(login({ hostKey: { kind: 'pinned', keys: ['hello'] } })).rejects.toThrow(
      RangeError,
    );
  });

  it('says that our key was refused, by its fingerprint', async () => {
    const { privateKey, publicKey } = makeKey(sshd.folder, 'not-let-in');
    const error = await failure(login({ privateKey }));
    expect(error).toBeInstanceOf(SshAuthRefused);
    expect(error.message).toContain(keyFingerprint(publicKey));
    expect(error.message).not.toContain('PRIVATE KEY');
  });

  it('is unreachable at a closed port', async () => {
    const port = await freePort();
    const error = await failure(login({ port }));
    expect(error).toBeInstanceOf(SshUnreachable);
    expect(error.message).toContain(`127.0.0.1:${port}`);
  });

  it('is unreachable when nothing is said, and when its signal ends the wait', async () => {
    const server = createServer((socket) => socket.on('error', () => {}));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const target = sshd.target({ port: (server.address() as AddressInfo).port });
    const error = await failure(connect(target, { connectTimeoutMs: 200 }));
    expect(error).toBeInstanceOf(SshUnreachable);
    expect(error.message).toContain('no SSH banner within 200 ms');

    const reason = new Error('worker stops');
    const controller = new AbortController();
    const attempt = connect(target, { connectTimeoutMs: 60_000, signal: controller.signal });
    controller.abort(reason);
    await expect(attempt).rejects.toBe(reason);
    server.close();
  });
});

describe.skipIf(noSshd)('SshConnection', () => {
  beforeAll(async () => {
    sshd = await startLocalSshd();
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((connection) => connection.close()));
  });
  afterAll(() => sshd.stop());

  it('returns any exit as a result, with both streams', async () => {
    const connection = await login();
    const result = await connection.exec(['sh', '-c', 'echo out; echo err >&2; exit 3']);
    expect(result).toMatchObject({
      exitCode: 3,
      exitSignal: null,
      stdout: 'out\n',
      stderr: 'err\n',
    });
    const killed = await connection.exec(['sh', '-c', 'kill -KILL $$']);
    expect(killed).toMatchObject({ exitCode: null, exitSignal: 'SIGKILL' });
  });

  it('throws the same shape from execOk, bounded', async () => {
    const connection = await login();
    const noisy = 'i=0; while [ $i -lt 1000 ]; do echo "line $i" >&2; i=$((i+1)); done; exit 7';
    const error = await failure(connection.execOk(['sh', '-c', noisy]));
    expect(error).toBeInstanceOf(RemoteCommandFailed);
    expect(error).toMatchObject({ exitCode: 7, exitSignal: null });
    expect(error.message).toContain('exited with 7');
    expect(error.message).toContain('line 999');
    expect(error.message).not.toContain('line 100\n');
    expect(error.message.length).toBeLessThan(3_000);
  });

  it('passes arguments as they are', async () => {
    const connection = await login();
    const weird = ["it's", '$(id)', '`id`', 'two\nlines', '', '"q" \\ *', '; exit 9', 'ü'];
    const { stdout } = await connection.execOk(['printf', '%s\\n--\\n', ...weird]);
    expect(stdout.split('\n--\n').slice(0, -1)).toEqual(weird);
  });

  it('carries a large stdin and a large output', async () => {
    const connection = await login();
    const text = 'x'.repeat(99).concat('\n').repeat(60_000);
    const { stdout } = await connection.execOk(['cat'], { stdin: text, maxOutputBytes: 8e6 });
    expect(stdout === text).toBe(true);
  });

  it('closes stdin when there is none, and survives a program that does not read it', async () => {
    const connection = await login();
    expect((await connection.exec(['cat'])).stdout).toBe('');
    const unread = await connection.exec(['true'], { stdin: Buffer.alloc(4e6) });
    expect(unread.exitCode).toBe(0);
  });

  it('ends a command that prints too much', async () => {
    const connection = await login();
    const error = await failure(connection.exec(['yes'], { maxOutputBytes: 10_000 }));
    expect(error).toBeInstanceOf(RemoteCommandFailed);
    expect(error.message).toContain('more than 10000 bytes');
  });

  it('gives a command up after its time, and the connection goes on', async () => {
    const connection = await login();
    const error = await failure(connection.exec(['sh', '-c', endless], { timeoutMs: 100 }));
    expect(error).toMatchObject({ name: 'RemoteCommandFailed', exitCode: null });
    expect(error.message).toContain('after 100 ms');
    expect((await connection.exec(['echo', 'on'])).stdout).toBe('on\n');
  });

  it('gives a command up when its signal says so: what writes to it ends', async () => {
    const connection = await login();
    const pidFile = `${sshd.folder}/pid`;
    const reason = new Error('cancelled');
    const controller = new AbortController();
    const script = `echo $$ >"$1.new"; mv "$1.new" "$1"; ${endless}`;
    const attempt = failure(
      connection.exec(['sh', '-c', script, 'sh', pidFile], { signal: controller.signal }),
    );
    await vi.waitUntil(() => existsSync(pidFile), patience);
    controller.abort(reason);
    expect(await attempt).toBe(reason);
    const pid = readFileSync(pidFile, 'utf8').trim();
    await vi.waitUntil(() => !existsSync(`/proc/${pid}`), patience);
  });

  it('says that the outcome is unknown when the connection is killed', async () => {
    const connection = await login();
    const error = await failure(connection.exec(['sh', '-c', `kill -KILL $PPID; ${endless}`]));
    expect(error).toBeInstanceOf(SshConnectionLost);
    expect(error.message).toContain('unknown');
    await expect(connection.exec(['true'])).rejects.toThrow(SshConnectionLost);
  });

  it('runs commands side by side', async () => {
    const connection = await login();
    const words = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
    const results = await Promise.all(words.map((word) => connection.exec(['echo', word])));
    expect(results.map((result) => result.stdout.trim())).toEqual(words);
  });

  it('closes at once, twice if asked, and leaves no socket behind', async () => {
    const sockets = () => process.getActiveResourcesInfo().filter((name) => name.includes('TCP'));
    const before = sockets().length;
    {
      await using connection = await connect(sshd.target(), { connectTimeoutMs: 15_000 });
      expect(sockets().length).toBe(before + 1);
      const running = failure(connection.exec(['sh', '-c', endless]));
      await connection.close();
      expect(await running).toBeInstanceOf(SshConnectionLost);
    }
    expect(sockets().length).toBe(before);
  });
});
