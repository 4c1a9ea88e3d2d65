import type { RunClient } from '../client.ts';
import type { Clock } from './clock.ts';
import type { KeyPlaced, PasswordLogin } from './place-rescue-key.ts';
import { paintFor } from './render/view.ts';
import type { View } from './render/view.ts';
import type { Terminal } from './terminal.ts';

/** The part of the client that commands use, so that a test can stand in for it. */
export type Runs = Pick<RunClient, keyof RunClient>;

/** What a command needs from outside; it ends by setting `exitCode` or by throwing. */
export type Context = {
  terminal: Terminal;
  clock: Clock;
  /** All of stdin, for `-`. */
  readInput(): Promise<string>;
  /** Asks the person at the terminal; null when there is none. */
  ask(question: string): Promise<string | null>;
  /** Asks for what must not be seen; null when there is no terminal. */
  askSecret(question: string): Promise<string | null>;
  /** Logs in to a server with a password; see place-rescue-key.ts. */
  placeRescueKey(login: PasswordLogin): Promise<KeyPlaced>;
  /** Opened by the first command that needs it, so that `--help` stays fast. */
  openRuns(): Promise<Runs>;
  /** Names of servers with a run, for completion; quickly, or none. */
  serverNames(): Promise<string[]>;
  /** The page of a run in the Temporal UI, if there is a UI. */
  runUrl(workflowId: string): Promise<string | undefined>;
  /** How the person calls this program. */
  program: string;
  /** Who asks, for the run's history: user@host. */
  by: string;
  /** Aborted by Ctrl-C or SIGTERM. */
  interrupted: AbortSignal;
  /** From now on the command sees to Ctrl-C and SIGTERM itself. */
  ownsSignals(): void;
  verbose: boolean;
  /** How the program ends; the lab's scripts have codes of their own. */
  exitCode: number;
};

/** Runs `work` with the door to Temporal open, and closes it. */
export async function withRuns<Result>(
  context: Context,
  work: (runs: Runs) => Promise<Result>,
): Promise<Result> {
  const runs = await context.openRuns();
  try {
    return await work(runs);
  } finally {
    await runs.close();
  }
}

/** What rendering needs to know, at this moment. */
export function viewOf(context: Context, runUrl?: string): View {
  const { terminal, clock, program } = context;
  return {
    columns: terminal.size().columns,
    nowMs: clock.nowMs(),
    paint: paintFor(terminal.colours),
    program,
    ...(runUrl === undefined ? {} : { uiUrl: runUrl }),
  };
}

/** Writes lines to the result. */
export function say(context: Context, lines: readonly string[]): void {
  context.terminal.out(lines.map((line) => `${line}\n`).join(''));
}

/** Writes one JSON document to the result. */
export function sayJson(context: Context, value: unknown): void {
  context.terminal.out(`${JSON.stringify(value, null, 2)}\n`);
}
