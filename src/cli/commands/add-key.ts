import type { Command } from 'commander';

import { withRuns } from '../context.ts';
import type { Context } from '../context.ts';
import { UsageError } from '../errors.ts';
import { addExamples } from '../examples.ts';
import { namedServer, namedServerHelp } from '../named-server.ts';
import { startOptions, startRun } from '../start-run.ts';
import type { StartOptions } from '../start-run.ts';

type Options = StartOptions & { key: string[] };

/** `ironstep add-key SERVER --key FILE.pub`: lets somebody in again. */
export function addAddKey(program: Command, context: Context): void {
  const addKey = program
    .command('add-key')
    .description('let public keys log in; through rescue and the disk when nobody gets in')
    .argument('<server>', namedServerHelp)
    .requiredOption(
      '--key <file>',
      'a public key file, a public key, or - for stdin; may be said again',
      (value: string, before: string[] | undefined) => [...(before ?? []), value],
    )
    .option(...startOptions.detach)
    .option(...startOptions.json)
    .action(async (server: string, options: Options) => {
      const keys = await readKeys(context, options.key);
      await withRuns(context, async (runs) => {
        const request = { ...(await namedServer(runs, server)), by: context.by, keys };
        await startRun(context, runs, { kind: 'add-key', request }, options);
      });
    });
  addExamples(addKey, context, [
    ['ironstep add-key core1 --key ~/.ssh/id_ed25519.pub', 'a running system is not rebooted'],
    ['ironstep add-key core1 --key ada.pub --key bob.pub', 'several at once'],
    ['ironstep add-key core1.yaml --key -', 'from stdin; a server of which no run is known'],
  ]);
}

/** Reads every key before anybody is asked anything. Throws UsageError. */
async function readKeys(context: Context, entries: string[]): Promise<string[]> {
  const { authorizedKeysOf, keysNamed, looksLikeKey, NotAPublicKey } =
    await import('../authorized-keys.ts');
  const keys: string[] = [];
  for (const entry of entries) {
    try {
      const named = entry === '-' ? authorizedKeysOf(await context.readInput()) : null;
      keys.push(...(named ?? (await keysNamed(entry, ''))));
    } catch (error) {
      const { cannotRead } = await import('../cannot-read.ts');
      const why = error instanceof NotAPublicKey ? error.message : cannotRead(error);
      // What was typed in place of a file is not said again: it may be a private key.
      throw new UsageError(looksLikeKey(entry) ? `--key: ${why}` : `--key ${entry}: ${why}`);
    }
  }
  return [...new Set(keys)];
}
