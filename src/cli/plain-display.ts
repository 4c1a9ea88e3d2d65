import type { LiveStatus } from '../client/live-status.ts';
import type { Display } from './follow.ts';
import { plainLines } from './render/plain.ts';
import { asTyped } from './render/view.ts';
import type { View } from './render/view.ts';

/** One plain line per event, for a log or a pipe. */
export class PlainDisplay implements Display {
  readonly #write: (text: string) => void;
  readonly #view: Pick<View, 'program'>;
  #before: LiveStatus | undefined;
  #lost = false;

  constructor(write: (text: string) => void, view: Pick<View, 'program'>) {
    this.#write = write;
    this.#view = view;
  }

  show(status: LiveStatus): void {
    const lines = plainLines(this.#before, status);
    if (this.#lost) lines.unshift(`${status.server}  the connection is back`);
    this.#lost = false;
    this.#before = status;
    this.#write(lines.map((line) => `${line}\n`).join(''));
  }

  lost(error: Error): void {
    if (this.#lost) return;
    this.#lost = true;
    this.#write(`No news; the run goes on without us. ${asTyped(error.message, this.#view)}\n`);
  }
}
