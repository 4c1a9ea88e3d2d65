import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { openCodecAccess } from '../../src/codec/codec-access.ts';
import { loadPayloadKeys } from '../../src/codec/payload-key.ts';
import { loadAccount } from '../../src/secrets/credentials.ts';
import { loadMasterSecret } from '../../src/secrets/master-secret.ts';

const script = fileURLToPath(new URL('../../deploy/make-secrets.sh', import.meta.url));
const isRoot = process.getuid?.() === 0;
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'make-secrets-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function make(...args: string[]) {
  const env = { PATH: process.env['PATH'], SECRETS_FOLDER: join(folder, 'secrets') };
  return spawnSync('sh', [script, ...args], { env, encoding: 'utf8' });
}

const secrets = () => readdirSync(join(folder, 'secrets')).sort();
const path = (name: string) => join(folder, 'secrets', name);
const content = () => secrets().map((name) => readFileSync(path(name), 'hex'));

// The files get the owner that containers have, which only root can give them.
describe.skipIf(!isRoot)('deploy/make-secrets.sh', () => {
  test('makes what ironstep takes, for the user of the containers alone', async () => {
    expect(make()).toMatchObject({ status: 0, stderr: '' });
    for (const name of secrets()) {
      const { uid, mode } = statSync(path(name));
      const shared = name === 'postgres_password';
      expect([name, uid, (mode & 0o777).toString(8)]).toEqual([name, 1000, shared ? '640' : '600']);
    }
    expect(statSync(join(folder, 'secrets')).mode & 0o077).toBe(0);
    await loadMasterSecret(path('master.key'));
    await loadPayloadKeys(path('payload.key'));
    await expect(loadAccount(join(folder, 'secrets'), 'kimsufi')).rejects.toThrow('it has: none');
    expect(await openCodecAccess(path('codec.tokens')).whoseToken('')).toBeNull();
    expect(readFileSync(path('postgres_password'), 'utf8')).toMatch(/^[\w-]{43}$/);
  });

  test('never makes one twice, puts right what an editor changed, and makes no two teams the same', () => {
    make();
    const first = content();
    chownSync(path('credentials.yaml'), 0, 0);
    chmodSync(path('credentials.yaml'), 0o644);
    expect(make().stdout).not.toContain('made');
    expect(content()).toEqual(first);
    const { uid, mode } = statSync(path('credentials.yaml'));
    expect([uid, mode & 0o777]).toEqual([1000, 0o600]);
    rmSync(join(folder, 'secrets'), { recursive: true });
    make();
    expect(content().filter((each) => first.includes(each))).toHaveLength(2);
  });

  test('gives a person a token for the codec server, once', async () => {
    const { stdout } = make('token', 'alice');
    const access = openCodecAccess(path('codec.tokens'));
    expect(await access.whoseToken(stdout.trim())).toBe('alice');
    const inode = statSync(path('codec.tokens')).ino;
    make('token', 'bob');
    expect(statSync(path('codec.tokens')).ino).toBe(inode);
    expect(make('token', 'alice')).toMatchObject({ status: 1, stdout: '' });
    expect(make('token', 'al ice').status).toBe(1);
  });
});
