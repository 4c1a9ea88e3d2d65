import type { Client, ClientChannel } from 'ssh2';
import { RemoteCommandFailed, SshConnectionLost } from './errors.ts';
import { quoteCommand } from './quote.ts';

export type ExecOptions = {
  /** Written to the command's stdin, which is closed after it. @default '' */
  stdin?: string | Buffer;
  /** The command is given up after this long. @default none */
  timeoutMs?: number;
  /** Gives the command up; the call rejects with the signal's reason. */
  signal?: AbortSignal;
  /** More on stdout gives the command up; of stderr the last part is kept. @default 1 MiB */
  maxOutputBytes?: number;
};

/** How a command ended. A non-zero exit is a result, not an error; see `execOk`. */
export type ExecResult = {
  /** The command line as the server's shell got it. */
  command: string;
  /** Null when a signal ended it. */
  exitCode: number | null;
  /** "SIGKILL", or null. */
  exitSignal: string | null;
  stdout: string;
  stderr: string;
  durationMs: number;
};

/** The connection that a command runs on. */
export type Session = {
  client: Client;
  /** host:port, for messages. */
  where: string;
  /** Set when the connection has ended: why, or that it was closed. */
  ended: Error | null;
};

/**
 * Runs one command on an open connection. Giving it up closes its channel: what reads or writes
 * there ends, anything else lives on, since OpenSSH passes no signal to a session of root
 * (measured, 9.2). Work that must be stopped is a job (`cancelJob`).
 *
 * @throws SshConnectionLost when the connection or the session ends before the command's exit was
 * told and its output complete; RemoteCommandFailed when it is given up, for time or for too much
 * output.
 */
export async function runCommand(
  session: Session,
  argv: string[],
  options: ExecOptions = {},
): Promise<ExecResult> {
  options.signal?.throwIfAborted();
  return await new RunningCommand(session, quoteCommand(argv), options).outcome;
}

/** One command from its channel's opening to its outcome, which is settled exactly once. */
class RunningCommand {
  readonly outcome: Promise<ExecResult>;
  readonly #session: Session;
  readonly #command: string;
  readonly #options: ExecOptions;
  readonly #stdout: BoundedOutput;
  readonly #stderr: BoundedOutput;
  readonly #startedAt = performance.now();
  readonly #timer: NodeJS.Timeout | undefined;
  #channel: ClientChannel | null = null;
  #settled = false;
  #resolve: (result: ExecResult) => void = () => {};
  #reject: (error: unknown) => void = () => {};

  constructor(session: Session, command: string, options: ExecOptions) {
    const { timeoutMs, maxOutputBytes = 1_048_576 } = options;
    this.#session = session;
    this.#command = command;
    this.#options = options;
    this.#stdout = new BoundedOutput(maxOutputBytes);
    this.#stderr = new BoundedOutput(maxOutputBytes);
    this.outcome = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    options.signal?.addEventListener('abort', this.#onAbort, { once: true });
    if (timeoutMs !== undefined) {
      this.#timer = setTimeout(() => this.#giveUp(`was given up after ${timeoutMs} ms`), timeoutMs);
    }
    this.#open();
  }

  #open(): void {
    try {
      if (this.#session.ended) throw this.#session.ended;
      this.#session.client.exec(this.#command, (error, channel) => {
        if (error) this.#fail(this.#lost(error));
        else if (this.#settled) channel.close();
        else this.#follow(channel);
      });
    } catch (error) {
      this.#fail(this.#lost(error));
    }
  }

  /** Both streams are always read: a channel whose output is not read never closes (ssh2 #294). */
  #follow(channel: ClientChannel): void {
    this.#channel = channel;
    channel.on('data', (bytes: Buffer) => {
      this.#stdout.push(bytes);
      if (this.#stdout.overflowed) {
        this.#giveUp(`was given up: it printed more than ${this.#stdout.bytesMax} bytes`);
      }
    });
    channel.stderr.on('data', (bytes: Buffer) => this.#stderr.push(bytes));
    channel.on('close', (exitCode?: number | null, exitSignal?: string) => {
      // An exit code without the rest of the output is not a result: stdout may be cut.
      if (this.#session.ended || exitCode === undefined) this.#fail(this.#lost(null));
      else if (this.#settle()) this.#resolve(this.#result(exitCode, exitSignal ?? null));
    });
    channel.end(this.#options.stdin ?? '');
  }

  #onAbort = (): void => this.#fail(this.#options.signal?.reason);

  #giveUp(outcome: string): void {
    this.#fail(new RemoteCommandFailed(this.#session.where, outcome, this.#result(null, null)));
  }

  #lost(cause: unknown): SshConnectionLost {
    const { where, ended } = this.#session;
    const reason = ended?.message ?? (cause instanceof Error ? cause.message : 'session ended');
    return new SshConnectionLost(
      `${where}: lost while running ${this.#command.slice(0, 200)} (${reason}); ` +
        `whether it took effect is unknown`,
      { cause: ended ?? cause },
    );
  }

  #fail(error: unknown): void {
    if (!this.#settle()) return;
    this.#channel?.close();
    this.#reject(error);
  }

  /** True the first time: who gets it decides the outcome. */
  #settle(): boolean {
    if (this.#settled) return false;
    this.#settled = true;
    clearTimeout(this.#timer);
    this.#options.signal?.removeEventListener('abort', this.#onAbort);
    return true;
  }

  #result(exitCode: number | null, exitSignal: string | null): ExecResult {
    return {
      command: this.#command,
      exitCode,
      exitSignal,
      stdout: this.#stdout.text(),
      stderr: this.#stderr.text(),
      durationMs: Math.round(performance.now() - this.#startedAt),
    };
  }
}

/** Keeps the last bytes of a stream, so that no command can fill the worker's memory. */
class BoundedOutput {
  readonly bytesMax: number;
  #chunks: Buffer[] = [];
  #bytes = 0;
  overflowed = false;

  constructor(bytesMax: number) {
    this.bytesMax = bytesMax;
  }

  push(bytes: Buffer): void {
    this.#chunks.push(bytes);
    this.#bytes += bytes.length;
    if (this.#bytes <= this.bytesMax) return;
    this.overflowed = true;
    const kept = Buffer.concat(this.#chunks).subarray(-this.bytesMax);
    this.#chunks = [kept];
    this.#bytes = kept.length;
  }

  text(): string {
    return Buffer.concat(this.#chunks).toString('utf8');
  }
}
