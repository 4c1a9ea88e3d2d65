import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { MockActivityEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

import { makeKey } from '../../test/local-sshd.ts';
import type { TestKey } from '../../test/local-sshd.ts';
import { noRescueSshd, startRescueSshd } from '../../test/rescue-sshd.ts';
import type { RescueSshd } from '../../test/rescue-sshd.ts';
import type { Provider } from '../providers/provider.ts';
import type { PasswordAnswer, PasswordChannel } from '../providers/rescue-password.ts';
import type { Pace } from '../run/pace.ts';
import { defaultPace } from '../run/pace.ts';
import type { RunTarget, System } from '../run/plan.ts';
import { Secret } from '../secrets/secret.ts';
import { connect } from '../ssh/connection.ts';
import { keyFingerprint } from '../ssh/host-key.ts';
import { connectWithPassword } from '../ssh/password-login.ts';
import type { Dependencies } from './dependencies.ts';
import { createRescueActivities } from './rescue.ts';

const right = 'right-password-of-this-boot';
const passwords = (...values: string[]): PasswordAnswer => ({
  kind: 'passwords',
  passwords: values.map((value) => new Secret(value)),
});
/** So quick that a wait looks at the channels many times. */
const pace: Pace = { ...defaultPace, pollMs: 20, waitAttemptMs: 5_000 };

describe.skipIf(noRescueSshd)('a rescue system that does not take our key', () => {
  let folder: string;
  let keys: Record<'rescue' | 'host' | 'login', TestKey>;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'ironstep-login-'));
    const make = (name: string) => makeKey(folder, name);
    keys = { rescue: make('rescue'), host: make('host'), login: make('login') };
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  /** Channels in their order, and what each answers at its first look, its second, … */
  type Channels = [PasswordChannel['name'], ...PasswordAnswer[]][];

  function field(rescue: Pick<RescueSshd, 'port'>, channels: Channels) {
    const looks: Record<string, number> = {};
    const passwordChannels: Provider['passwordChannels'] = () =>
      channels.map(([name, ...answers]) => ({
        ...{ name, label: `the ${name}` },
        look: async () => {
          looks[name] = (looks[name] ?? 0) + 1;
          const answer = answers[Math.min(looks[name], answers.length) - 1];
          return answer ?? { kind: 'none', seen: 'nothing' };
        },
      }));
    const confirmAttempt = vi.fn(async (_details?: unknown) => {});
    const dependencies: Partial<Dependencies> = {
      keyPair: (_, purpose) => ({
        ...keys[purpose],
        fingerprint: keyFingerprint(keys[purpose].publicKey),
      }),
      provider: async () => ({ passwordChannels }) as Partial<Provider> as Provider,
      ...{ connect, connectWithPassword, confirmAttempt },
    };
    const target: RunTarget = {
      server: 'core1',
      provider: { kind: 'ovh', service: 'ns1', account: 'lab' },
      ...{ address: '127.0.0.1', sshPort: rescue.port },
    };
    const rescueActivities = createRescueActivities(dependencies as Dependencies);
    const wait = (giveUpAfterMs: number, change: { heartbeatDetails?: unknown } = {}) => {
      const attempt = new MockActivityEnvironment(change);
      const known: string[] = [];
      return attempt.run(() =>
        rescueActivities.waitForRescue(target, {
          ...{ sentAtMs: Date.now(), giveUpAfterMs, knownBootIds: known, pace },
          mailWatermark: null,
        }),
      ) as Promise<System>;
    };
    return { wait, looks, word: () => confirmAttempt.mock.calls.map(([details]) => details) };
  }

  it('is entered by the first channel that has its password, and proven by our key', async () => {
    await using rescue = await startRescueSshd(right);
    const { wait, looks } = field(rescue, [
      ['secret', { kind: 'none', seen: 'absent' }],
      ['provider-mail', { kind: 'not-yet', seen: 'no mail' }, passwords(right)],
      ['mailbox', { kind: 'not-yet', seen: 'no mail' }],
    ]);
    const system = await wait(60_000);
    expect(system).toMatchObject({ kind: 'rescue', user: 'root' });
    expect(rescue.hostKey).toContain(system.hostKey);
    expect(rescue.passwords()).toEqual({ refused: 0, accepted: 1 });
    expect(looks['mailbox']).toBe(1);
  });

  it('gets a wrong password once, however long is waited and often it is offered', async () => {
    await using rescue = await startRescueSshd(right);
    const { wait, looks } = field(rescue, [
      ['secret', passwords('wrong-password-1')],
      ['mailbox', passwords('wrong-password-2', 'wrong-password-1')],
    ]);
    const failure = await wait(1_500).catch((error: unknown) => error);
    expect(failure).toMatchObject({ name: 'ServerSilent' });
    expect((failure as Error).message).toContain('ironstep credentials core1');
    expect(looks['secret']).toBeGreaterThan(2);
    expect(rescue.passwords()).toEqual({ refused: 2, accepted: 0 });
  });

  it('gets no password again from an attempt that goes on for a dead worker', async () => {
    await using rescue = await startRescueSshd(right);
    const first = field(rescue, [['secret', passwords('wrong-password-1')]]);
    await first.wait(100).catch(() => null);
    const [heartbeatDetails] = first.word();
    expect(JSON.stringify(heartbeatDetails)).not.toContain('wrong');
    const second = field(rescue, [['secret', passwords('wrong-password-1', right)]]);
    await second.wait(60_000, { heartbeatDetails });
    expect(rescue.passwords()).toEqual({ refused: 1, accepted: 1 });
  });

  it('gets no more than five wrong ones from a source that always has another', async () => {
    await using rescue = await startRescueSshd(right);
    const many = Array.from({ length: 20 }, (_, index) => passwords(`wrong-password-${index}`));
    await field(rescue, [['secret', ...many]])
      .wait(2_500)
      .catch(() => null);
    expect(rescue.passwords()).toEqual({ refused: 5, accepted: 0 });
  });

  it('gets none when it shows the host key of the system that ironstep installed', async () => {
    await using rescue = await startRescueSshd(right);
    const { wait, looks } = field(rescue, [['secret', passwords(right)]]);
    keys.host = { ...keys.host, publicKey: rescue.hostKey };
    await expect(wait(100)).rejects.toMatchObject({ name: 'ServerSilent' });
    expect(looks).toEqual({});
    expect(rescue.passwords()).toEqual({ refused: 0, accepted: 0 });
  });
});
