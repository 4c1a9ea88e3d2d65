import { hostname, userInfo } from 'node:os';
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { text } from 'node:stream/consumers';

import { systemClock } from './clock.ts';
import { askCommand } from './completion/scripts.ts';
import type { Context } from './context.ts';
import { exitCode } from './exit-code.ts';
import { openRuns, runUrl, serverNames } from './open-runs.ts';
import { placeRescueKey } from './place-rescue-key.ts';
import { runProgram } from './program.ts';
import { processTerminal } from './terminal.ts';

/** Longer than an orderly end takes. */
const lingerMs = 2_000;

const words = process.argv.slice(2);
process.exitCode = await main(words);
// A shell waits for the end, which a name that is still looked up would put off.
if (words[0] === askCommand) process.exit();
// The native part of the SDK 1.24 can keep the process of a worker that failed alive, doing nothing.
if (process.exitCode !== exitCode.ok) setTimeout(() => process.exit(), lingerMs).unref();

async function main(args: readonly string[]): Promise<number> {
  // `ironstep list | head` closes our output early; that is no error.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(exitCode.ok);
  });
  return runProgram(args, processContext());
}

/** The context of a real process: its terminal, clock, signals and environment. */
function processContext(): Context {
  const interruption = new AbortController();
  const interrupt = () => interruption.abort();
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
  return {
    terminal: processTerminal(),
    clock: systemClock,
    readInput: () => text(process.stdin),
    ask: (question) => askPerson(question, interruption.signal),
    askSecret: (question) => askSecret(question, interruption.signal),
    placeRescueKey,
    openRuns,
    serverNames,
    runUrl,
    program: calledAs(),
    by: `${userInfo().username}@${hostname()}`,
    interrupted: interruption.signal,
    ownsSignals: () => void process.off('SIGINT', interrupt).off('SIGTERM', interrupt),
    verbose: false,
    exitCode: exitCode.ok,
  };
}

/** Without a terminal on both sides nobody reads the question. Ctrl-C is no answer. */
async function askPerson(question: string, signal: AbortSignal): Promise<string | null> {
  const { stdin, stdout } = process;
  if (!stdin.isTTY || !stdout.isTTY) return null;
  const lines = createInterface({ input: stdin, output: stdout });
  try {
    return await lines.question(question, { signal });
  } catch (error) {
    if (signal.aborted) return '';
    throw error;
  } finally {
    lines.close();
  }
}

/** As `askPerson`, and what is typed is not shown. */
async function askSecret(question: string, signal: AbortSignal): Promise<string | null> {
  const { stdin, stderr } = process;
  if (!stdin.isTTY || !stderr.isTTY) return null;
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: stdin, output: nowhere, terminal: true });
  lines.once('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  try {
    stderr.write(question);
    return await lines.question('', { signal });
  } catch (error) {
    if (signal.aborted) return '';
    throw error;
  } finally {
    stderr.write('\n');
    lines.close();
  }
}

/** In a checkout there is no `ironstep` on the PATH: npm and npx name themselves here. */
function calledAs(): string {
  return process.env['npm_config_user_agent'] === undefined ? 'ironstep' : 'npx ironstep';
}
