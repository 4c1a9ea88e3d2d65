import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { relative } from 'node:path';

import { z } from 'zod';

/** QEMU did not answer, or refused a command. */
export class QmpError extends Error {
  override name = 'QmpError';
}

const messageSchema = z.looseObject({
  id: z.number().optional(),
  return: z.unknown().optional(),
  error: z.looseObject({ class: z.string(), desc: z.string() }).optional(),
  event: z.string().optional(),
  data: z.record(z.string(), z.unknown()).optional(),
  QMP: z.unknown().optional(),
});

type Message = z.output<typeof messageSchema>;
type Waiting = { resolve: (value: unknown) => void; reject: (error: Error) => void };

/** What the owner of a connection hears. */
export type QmpListener = {
  onEvent: (event: string, data: Record<string, unknown>) => void;
  /** The connection ended: QEMU is gone, or never was. */
  onClose: () => void;
};

const answerWithinMs = 10_000;

/** A connection to the monitor of one QEMU. QEMU serves one client at a time. */
export class QmpConnection {
  readonly #socket: Socket;
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 1;
  #heard = '';

  private constructor(socket: Socket, listener: QmpListener, onGreeting: () => void) {
    this.#socket = socket;
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => {
      for (const message of this.#messages(text)) {
        if (message.QMP !== undefined) onGreeting();
        else if (message.event !== undefined) listener.onEvent(message.event, message.data ?? {});
        else this.#answer(message);
      }
    });
    socket.on('error', () => undefined); // 'close' follows
    socket.on('close', () => {
      for (const { reject } of this.#waiting.values()) reject(new QmpError('QEMU is gone'));
      this.#waiting.clear();
      listener.onClose();
    });
  }

  /** Connects and negotiates. Throws QmpError when nothing answers in time. */
  static async open(path: string, listener: QmpListener): Promise<QmpConnection> {
    const socket = connect(reachable(path));
    const { promise: greeted, resolve, reject } = promiseWithResolvers();
    const connection = new QmpConnection(socket, listener, resolve);
    const lost = () => reject(new QmpError(`no QEMU answers at ${path}`));
    socket.once('close', lost);
    const timer = setTimeout(() => socket.destroy(), answerWithinMs);
    try {
      await greeted;
      await connection.execute('qmp_capabilities');
      return connection;
    } catch (error) {
      socket.destroy();
      throw error;
    } finally {
      clearTimeout(timer);
      socket.off('close', lost);
    }
  }

  /** Runs a command and returns what QEMU returns. Throws QmpError. */
  execute(command: string, args?: Record<string, unknown>): Promise<unknown> {
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(id);
        reject(new QmpError(`QEMU did not answer ${command}`));
      }, answerWithinMs);
      const settle = (done: () => void) => {
        clearTimeout(timer);
        this.#waiting.delete(id);
        done();
      };
      this.#waiting.set(id, {
        resolve: (value) => settle(() => resolve(value)),
        reject: (error) => settle(() => reject(error)),
      });
      if (this.#socket.destroyed) this.#waiting.get(id)?.reject(new QmpError('QEMU is gone'));
      else this.#socket.write(`${JSON.stringify({ execute: command, arguments: args, id })}\n`);
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  *#messages(text: string): Generator<Message> {
    const lines = (this.#heard + text).split('\n');
    this.#heard = lines.pop() ?? '';
    for (const line of lines) {
      if (line.trim() !== '') yield messageSchema.parse(JSON.parse(line));
    }
  }

  #answer(message: Message): void {
    const waiting = this.#waiting.get(message.id ?? 0);
    if (message.error === undefined) waiting?.resolve(message.return);
    else waiting?.reject(new QmpError(`${message.error.class}: ${message.error.desc}`));
  }
}

/** A socket's path holds 107 bytes only; a relative one is often shorter. */
function reachable(path: string): string {
  const short = relative(process.cwd(), path);
  return short.length < path.length ? short : path;
}

function promiseWithResolvers() {
  let resolve: () => void = () => undefined;
  let reject: (error: Error) => void = () => undefined;
  const promise = new Promise<void>((onDone, onFailed) => {
    resolve = onDone;
    reject = onFailed;
  });
  return { promise, resolve, reject };
}
