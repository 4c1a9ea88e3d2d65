import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { FileTooOpen } from '../secrets/private-file.ts';
import { CodecTokensInvalid, openCodecAccess, sessionMs } from './codec-access.ts';
import type { CodecAccess } from './codec-access.ts';

const newToken = () => randomBytes(32).toString('base64url');
const alice = newToken();
const bob = newToken();
let folder: string;
let path: string;
let nowMs: number;
let access: CodecAccess;

const write = (...lines: string[]) => writeFileSync(path, `${lines.join('\n')}\n`, { mode: 0o600 });

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'codec-access-'));
  path = join(folder, 'codec.tokens');
  write('# people', `alice ${alice}`, '', `bob ${bob}`);
  nowMs = 1_800_000_000_000;
  access = openCodecAccess(path, () => nowMs);
});
afterEach(() => rmSync(folder, { recursive: true }));

async function openSession(token: string): Promise<string> {
  const session = await access.openSession(token);
  if (session === null) throw new Error('no session');
  return session;
}

describe('tokens', () => {
  test('tell who asks', async () => {
    expect(await access.whoseToken(alice)).toBe('alice');
    expect(await access.whoseToken(bob)).toBe('bob');
  });

  test.each(['', 'alice', `${alice}x`, alice.slice(1), newToken()])(
    '%j is nobody',
    async (token) => {
      expect(await access.whoseToken(token)).toBeNull();
      expect(await access.openSession(token)).toBeNull();
    },
  );
});

describe('sessions', () => {
  test('tell who asks until they are over, and hold no token', async () => {
    const session = await openSession(bob);
    expect(session).not.toContain(bob);
    nowMs += sessionMs - 1;
    expect(await access.whoseSession(session)).toBe('bob');
    nowMs += 1;
    expect(await access.whoseSession(session)).toBeNull();
  });

  test('cannot be lengthened, or carried over to somebody else', async () => {
    const session = await openSession(bob);
    const [, end, mac] = session.split('.');
    expect(await access.whoseSession(`bob.${Number(end) + 1}.${mac}`)).toBeNull();
    expect(await access.whoseSession(`alice.${end}.${mac}`)).toBeNull();
    expect(await access.whoseSession(`bob.${end}.`)).toBeNull();
    expect(await access.whoseSession('')).toBeNull();
  });

  test('end with the line of their person, or with another token in it', async () => {
    const session = await openSession(bob);
    write(`alice ${alice}`);
    expect(await access.whoseSession(session)).toBeNull();
    expect(await access.whoseToken(bob)).toBeNull();
    write(`bob ${newToken()}`);
    expect(await access.whoseSession(session)).toBeNull();
    write(`bob ${bob}`);
    expect(await access.whoseSession(session)).toBe('bob');
  });
});

describe('a file that cannot be used', () => {
  test.each(['alice', 'alice short', `ali.ce ${alice}`, `alice ${alice} more`])(
    'with the line %j lets nobody in and says which line',
    async (line) => {
      write(`bob ${bob}`, line);
      await expect(access.whoseToken(bob)).rejects.toThrow(CodecTokensInvalid);
      await expect(access.whoseToken(bob)).rejects.toThrow(`${path}:2:`);
      await expect(access.whoseToken(bob)).rejects.not.toThrow(alice);
    },
  );

  test('because others may read it', async () => {
    chmodSync(path, 0o640);
    await expect(access.whoseToken(bob)).rejects.toThrow(FileTooOpen);
  });
});
