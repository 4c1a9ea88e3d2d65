import type { Command } from 'commander';

import type { RunReference } from '../../client.ts';
import { say, sayJson, withRuns } from '../context.ts';
import type { Context, Runs } from '../context.ts';
import { UsageError } from '../errors.ts';
import { addExamples } from '../examples.ts';
import { followHint } from '../start-run.ts';

/**
 * The run does not wait for a rescue system, or the password opens another one.
 *
 * @where command line
 * @changed Nothing.
 * @remedy See with `ironstep status` what the run waits for. A rescue password is of use only while
 *   it waits for rescue, and only the newest one: each boot has its own.
 * @example
 * core1 does not wait for its rescue system: its run is in phase install. No password was asked \
 * for.
 */
export class NoUseForPassword extends Error {
  override name = 'NoUseForPassword';
}

/** `ironstep credentials SERVER`: a rescue password that a person has. */
export function addCredentials(program: Command, context: Context): void {
  const credentials = program
    .command('credentials')
    .description('let a run into rescue with a password that you have; it is never stored')
    .argument('<server>', "the server's name")
    .option('--json', 'one JSON document')
    .action(async (server: string, options: { json?: boolean }) => {
      await withRuns(context, async (runs) => {
        const run = await runs.find(server);
        await refuseUnlessAwaited(runs, run);
        const { target, keys } = await runs.access(await runs.serverOf(run));
        const password = await readPassword(context, `root@${target.address}`);
        const placed = await context.placeRescueKey({
          ...{ address: target.address, port: target.sshPort, password },
          ...{ publicKey: keys.rescue, installedHostKey: keys.host },
        });
        if (placed.kind === 'other-system') {
          throw new NoUseForPassword(
            `Rescue of ${run.server} does not run: ${placed.seen}. Nothing was changed there.`,
          );
        }
        const message = await tell(context, runs, run);
        if (options.json) sayJson(context, { ...run, message });
        else say(context, [`${run.server}: ${message}`, followHint(context, run.server)]);
      });
    });
  addExamples(credentials, context, [
    ['ironstep credentials core2', 'asks for the password and shows nothing of it'],
    ['ironstep credentials core2 --json', 'from stdin, when that is no terminal'],
  ]);
}

/** Before a person types a password: is there a use for it? */
async function refuseUnlessAwaited(runs: Runs, run: RunReference): Promise<void> {
  const { state, timeline } = await runs.status(run);
  const { phase = 'preflight' } = timeline.at(-1) ?? {};
  const open = state === 'running' || state === 'waiting';
  if (open && phase === 'rescue') return;
  const seen = open ? `its run is in phase ${phase}` : `its run is over (${state})`;
  throw new NoUseForPassword(
    `${run.server} does not wait for its rescue system: ${seen}. No password was asked for.`,
  );
}

async function readPassword(context: Context, login: string): Promise<string> {
  const typed = await context.askSecret(`Password of ${login}: `);
  // Only the end of the line is not part of a password that comes from a pipe.
  const password = typed ?? (await context.readInput()).replace(/\r?\n$/, '');
  if (password === '') throw new UsageError('There is no password. Nothing was sent.');
  return password;
}

/** The run is told that the key is there, and nothing else; it may have seen that by itself. */
async function tell(context: Context, runs: Runs, run: RunReference): Promise<string> {
  const placed = 'its key is in the rescue system now, and the password is forgotten';
  try {
    await runs.resume(run, { by: `${context.by}, who let our key into rescue` });
    return `${placed}; it goes on`;
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'RequestRefused') throw error;
    return `${placed}; it goes on by itself`;
  }
}
