import { appendFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { makeKey, noSshd, startLocalSshd } from '../../test/local-sshd.ts';
import type { LocalSshd } from '../../test/local-sshd.ts';
import { SshHostKeyMismatch, SshUnreachable } from './errors.ts';
import { refusedKeys } from './refused-keys.ts';

const limits = { connectTimeoutMs: 10_000 };

describe.skipIf(noSshd)('refusedKeys', () => {
  let sshd: LocalSshd;
  let rsa: string;
  let stranger: string;
  beforeAll(async () => {
    sshd = await startLocalSshd();
    rsa = makeKey(sshd.folder, 'rsa', 'rsa').publicKey;
    stranger = makeKey(sshd.folder, 'stranger').publicKey;
    appendFileSync(join(sshd.folder, 'authorized_keys'), `\n${rsa}\n`);
  });
  afterAll(() => sshd.stop());

  it('asks a real sshd, without a private half', async () => {
    const ours = sshd.loginKey.publicKey;
    expect(await refusedKeys(sshd.target(), [stranger, ours, rsa], limits)).toEqual([stranger]);
    expect(await refusedKeys(sshd.target(), [ours], limits)).toEqual([]);
  });

  it('asks nothing about keys that live in a security token', async () => {
    const token = 'sk-ssh-ed25519@openssh.com AAAA token';
    expect(await refusedKeys(sshd.target({ port: 1 }), [token], limits)).toEqual([]);
  });

  it('asks nobody but the pinned system', async () => {
    const other = sshd.target({ hostKey: { kind: 'pinned', keys: [stranger] } });
    await expect(refusedKeys(other, [rsa], limits)).rejects.toThrow(SshHostKeyMismatch);
    await expect(refusedKeys(sshd.target({ port: 1 }), [rsa], limits)).rejects.toThrow(
      SshUnreachable,
    );
  });
});
