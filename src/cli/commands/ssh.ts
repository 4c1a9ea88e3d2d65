import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Command } from 'commander';

import { stateFolder } from '../../xdg.ts';
import { say, sayJson, withRuns } from '../context.ts';
import type { Context } from '../context.ts';
import { addExamples } from '../examples.ts';
import { runInForeground } from '../foreground.ts';
import { namedRun, namedServerHelp } from '../named-server.ts';
import { asTyped } from '../render/view.ts';
import {
  destinationOf,
  shellLine,
  sshArguments,
  sshFailureWords,
  writeKnownHosts,
} from '../ssh-command.ts';
import type { SshDestination } from '../ssh-command.ts';

type Options = { print?: boolean; json?: boolean };

/**
 * The program `ssh` is not on PATH.
 *
 * @where command line
 * @changed Nothing was sent to the server.
 * @remedy Install the OpenSSH client (`apt install openssh-client` on Debian).
 * @example
 * There is no program ssh on PATH: install the OpenSSH client.
 */
export class SshProgramMissing extends Error {
  override name = 'SshProgramMissing';
}

/** OpenSSH's exit code when no session came about. */
const noSession = 255;

/** `ironstep ssh SERVER`: OpenSSH to the system that is proven to answer, and to no other. */
export function addSsh(program: Command, context: Context): void {
  const ssh = program
    .command('ssh')
    .description('log in to a server with your own key, under its pinned host key only')
    .argument('<server>', namedServerHelp)
    .argument('[command...]', 'behind --, as for ssh: run there instead of a shell')
    .option('--print', 'say the command line instead of running it')
    .option('--json', 'one JSON document: where to, and the command line')
    .action(async (server: string, command: string[], options: Options) => {
      const destination = await withRuns(context, async (runs) =>
        destinationOf(await runs.status(await namedRun(runs, server))),
      );
      if (options.print || options.json) return print(context, destination, command, options);
      context.exitCode = await connect(context, destination, command);
    });
  addExamples(ssh, context, [
    ['ironstep ssh core1', 'a shell on the installed system, or in rescue'],
    ['ironstep ssh core1 -- sudo journalctl -b', 'one command; its exit code is ours'],
    ['ironstep ssh core1 --print', 'the command line, for a script of yours'],
  ]);
}

/** The file of the host key stays: the printed line is good until another system is booted. */
function print(
  context: Context,
  destination: SshDestination,
  command: string[],
  { json }: Options,
): void {
  const knownHosts = writeKnownHosts(stateFolder('ssh'), destination);
  const words = ['ssh', ...sshArguments(destination, { knownHosts, command })];
  if (json) sayJson(context, { ...destination, command: words });
  else say(context, [shellLine(words)]);
}

async function connect(
  context: Context,
  destination: SshDestination,
  command: string[],
): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'ironstep-ssh-'));
  const log = join(folder, 'log');
  try {
    const knownHosts = writeKnownHosts(folder, destination);
    const args = sshArguments(destination, { knownHosts, log, command });
    const code = await runInForeground('ssh', args);
    const said = readLog(log);
    const words = code === noSession ? sshFailureWords(said, destination) : [];
    context.terminal.err(said);
    context.terminal.err(words.map((line) => `${asTyped(line, context)}\n`).join(''));
    return code;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause;
    throw new SshProgramMissing('There is no program ssh on PATH: install the OpenSSH client.', {
      cause,
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** OpenSSH's own messages; the session's output went to the terminal directly. */
function readLog(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
