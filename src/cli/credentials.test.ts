import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { cliContext } from '../../test/fixtures/cli-context.ts';
import { rescueSilent } from '../../test/fixtures/example-runs.ts';
import { serverOf } from '../../test/fixtures/operation-cases.ts';
import { makeKey } from '../../test/local-sshd.ts';
import { noRescueSshd, startRescueSshd } from '../../test/rescue-sshd.ts';
import { RequestRefused } from '../client/client-errors.ts';
import { connect } from '../ssh/connection.ts';
import { placeRescueKey } from './place-rescue-key.ts';
import { runProgram } from './program.ts';

const password = 'typed-by-a-person';

/** A run that waits for rescue, whose worker would install `host` and log in with `rescue`. */
async function withPassword(typed: string, test: (at: Scene) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'ironstep-credentials-'));
  const [ours, installed] = [makeKey(folder, 'rescue'), makeKey(folder, 'installed')];
  await using rescue = await startRescueSshd(password);
  const asked: unknown[] = [];
  const cli = cliContext({
    serverOf,
    status: async () => rescueSilent,
    access: async ({ server, provider }) => ({
      target: { server, provider, address: '127.0.0.1', sshPort: rescue.port },
      keys: { login: '', host: installed.publicKey, rescue: ours.publicKey },
      rescueImage: null,
    }),
    resume: async (...request) => {
      asked.push(request);
      return { phase: 'rescue', message: 'goes on with rescue' };
    },
  });
  cli.context.askSecret = async () => typed;
  cli.context.placeRescueKey = placeRescueKey;
  await test({ cli, asked, rescue, ours });
  rmSync(folder, { recursive: true });
}

type Scene = {
  cli: ReturnType<typeof cliContext>;
  /** What the run was asked. */
  asked: unknown[];
  rescue: Awaited<ReturnType<typeof startRescueSshd>>;
  ours: ReturnType<typeof makeKey>;
};

test.skipIf(noRescueSshd)(
  'the password opens rescue for the key of the run, and goes nowhere else',
  () =>
    withPassword(password, async ({ cli, asked, rescue, ours }) => {
      expect(await runProgram(['credentials', 'core1'], cli.context)).toBe(0);
      expect(cli.out()).toContain('its key is in the rescue system now');
      await using open = await connect(
        {
          ...{ host: '127.0.0.1', port: rescue.port, user: 'root', privateKey: ours.privateKey },
          hostKey: { kind: 'pinned', keys: [rescue.hostKey] },
        },
        { connectTimeoutMs: 15_000 },
      );
      expect(open.user).toBe('root');
      expect(asked).toHaveLength(1);
      expect(JSON.stringify(asked) + cli.out() + cli.err()).not.toContain(password);
    }),
);

test.skipIf(noRescueSshd)('a wrong password is tried once, and the run hears nothing', () =>
  withPassword('of another boot', async ({ cli, asked, rescue }) => {
    expect(await runProgram(['credentials', 'core1'], cli.context)).toBe(1);
    expect(cli.err()).toContain('It was tried once, and nothing was changed.');
    expect(cli.err()).not.toContain('of another boot');
    expect(rescue.passwords()).toEqual({ refused: 1, accepted: 0 });
    expect(asked).toEqual([]);
  }),
);

test.skipIf(noRescueSshd)('a run that sees the key by itself needs not be told', () =>
  withPassword(password, async ({ cli }) => {
    const runs = await cli.context.openRuns();
    runs.resume = async () => Promise.reject(new RequestRefused('does not wait to be resumed'));
    expect(await runProgram(['credentials', 'core1'], cli.context)).toBe(0);
    expect(cli.out()).toContain('it goes on by itself');
  }),
);
