import { readFileSync } from 'node:fs';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { makeKey } from '../../test/local-sshd.ts';
import type { TestKey } from '../../test/local-sshd.ts';
import { noRescueSshd, startRescueSshd } from '../../test/rescue-sshd.ts';
import type { RescueSshd } from '../../test/rescue-sshd.ts';
import { connect } from './connection.ts';
import { exchangePassword } from './exchange-password.ts';
import type { HostKeyPolicy } from './host-key.ts';

const password = 'Tr0ub4dor-of-this-boot';
const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();

describe.skipIf(noRescueSshd)('a password of rescue', () => {
  let folder: string;
  let ours: TestKey;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'ironstep-exchange-'));
    ours = makeKey(folder, 'rescue');
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const exchange = (
    { port }: Pick<RescueSshd, 'port'>,
    change: { password?: string; hostKey?: HostKeyPolicy; knownBootIds?: string[] } = {},
  ) =>
    exchangePassword(
      {
        ...{ host: '127.0.0.1', port, user: 'root', password, hostKey: { kind: 'first-use' } },
        ...change,
      },
      { publicKey: ours.publicKey, knownBootIds: change.knownBootIds ?? [] },
    );
  const keyOpens = async ({ port, hostKey }: RescueSshd): Promise<boolean> => {
    const pinned: HostKeyPolicy = { kind: 'pinned', keys: [hostKey] };
    const target = { host: '127.0.0.1', port, user: 'root', hostKey: pinned };
    try {
      await using _open = await connect(
        { ...target, privateKey: ours.privateKey },
        { connectTimeoutMs: 15_000 },
      );
      return true;
    } catch {
      return false;
    }
  };

  it('is exchanged for a key, and is sent once', async () => {
    await using rescue = await startRescueSshd(password);
    expect(await keyOpens(rescue)).toBe(false);
    const placed = await exchange(rescue);
    expect(placed).toMatchObject({ kind: 'placed', identity: { bootId } });
    expect(rescue.hostKey).toContain(placed.kind === 'placed' ? placed.hostKey : 'nothing');
    expect(await keyOpens(rescue)).toBe(true);
    expect(rescue.passwords()).toEqual({ refused: 0, accepted: 1 });
  });

  it('that is wrong is sent once, and is in no message', async () => {
    await using rescue = await startRescueSshd('another password');
    const failure = await exchange(rescue).catch((error: unknown) => error);
    expect(failure).toMatchObject({ name: 'SshPasswordRefused', sent: true });
    expect(String((failure as Error).stack)).not.toContain(password);
    expect(rescue.passwords()).toEqual({ refused: 1, accepted: 0 });
  });

  it('is not shown to a server that takes keys only', async () => {
    await using rescue = await startRescueSshd(password, { takes: 'keys' });
    await expect(exchange(rescue)).rejects.toMatchObject({ sent: false });
    expect(rescue.passwords()).toEqual({ refused: 0, accepted: 0 });
  });

  it('is not shown to a system that is known to be another', async () => {
    await using rescue = await startRescueSshd(password);
    const others: HostKeyPolicy[] = [
      { kind: 'first-use', except: [rescue.hostKey] },
      { kind: 'pinned', keys: [ours.publicKey] },
    ];
    for (const hostKey of others) {
      await expect(exchange(rescue, { hostKey })).rejects.toMatchObject({
        name: 'SshHostKeyMismatch',
      });
    }
    expect(rescue.passwords()).toEqual({ refused: 0, accepted: 0 });
  });

  it('that opens the rescue of an earlier boot changes nothing there', async () => {
    await using rescue = await startRescueSshd(password);
    const seen = await exchange(rescue, { knownBootIds: [bootId] });
    expect(seen).toMatchObject({ kind: 'other-system' });
    expect(await keyOpens(rescue)).toBe(false);
  });
});
