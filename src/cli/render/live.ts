import { stripVTControlCharacters } from 'node:util';

import type { LiveStatus } from '../../client/live-status.ts';
import type { Display } from '../follow.ts';
import type { Terminal } from '../terminal.ts';
import { attentionLines } from './attention.ts';
import { observe, rateOf } from './rate.ts';
import type { Sample } from './rate.ts';
import { paragraph, widthOf } from './text.ts';
import { timelineLines } from './timeline.ts';
import { asTyped } from './view.ts';
import type { View } from './view.ts';

const redrawMs = 1_000;
const hideCursor = '\x1b[?25l';
const showCursor = '\x1b[?25h';
/** From the cursor to the end of the line, and of the screen. */
const eraseRight = '\x1b[K';
const eraseBelow = '\x1b[J';

/** A block of lines at the bottom of the terminal that is drawn anew every second. */
export class LiveDisplay implements Display {
  readonly #terminal: Terminal;
  readonly #view: () => View;
  readonly #timer: NodeJS.Timeout;
  #drawn: string[] = [];
  #status: LiveStatus | undefined;
  #samples: Sample[] = [];
  #lost: Error | undefined;

  constructor(terminal: Terminal, view: () => View) {
    this.#terminal = terminal;
    this.#view = view;
    terminal.out(hideCursor);
    this.#timer = setInterval(() => this.#draw(), redrawMs);
  }

  show(status: LiveStatus): void {
    this.#samples = observe(this.#samples, status.progress, this.#view().nowMs);
    this.#status = status;
    this.#lost = undefined;
    this.#draw();
  }

  lost(error: Error): void {
    this.#lost = error;
    this.#draw();
  }

  /** Leaves everything standing in full and gives the terminal back. */
  close(): void {
    clearInterval(this.#timer);
    this.#replace(this.#block());
    this.#terminal.out(showCursor);
  }

  #draw(): void {
    const view = this.#view();
    const lines = this.#block();
    if (this.#lost !== undefined) {
      const said = asTyped(this.#lost.message, view).split('\n');
      lines.push('', view.paint('yellow', 'No news; the run goes on without us.'));
      lines.push(...said.flatMap((text) => paragraph(text, view.columns, '  ')));
    }
    this.#replace(this.#lowest(lines));
  }

  #block(): string[] {
    if (this.#status === undefined) return [];
    const view = this.#view();
    const lines = timelineLines(this.#status, view, rateOf(this.#samples, view.nowMs));
    const attention = attentionLines(this.#status, view);
    return attention.length === 0 ? lines : [...lines, '', ...attention];
  }

  /** A block that is taller than the screen could not be redrawn: its top is left out. */
  #lowest(lines: string[]): string[] {
    const { rows } = this.#terminal.size();
    let from = 0;
    while (from < lines.length - 1 && this.#height(lines.slice(from)) > rows - 2) from += 1;
    return from === 0 ? lines : [`… ${from} lines above`, ...lines.slice(from)];
  }

  /**
   * In one write and line over line, so that nothing flickers. What is left of the old block is
   * erased last: tmux keeps a screen that is erased from its top in the history, every second.
   */
  #replace(lines: string[]): void {
    const height = this.#height(this.#drawn);
    const up = height === 0 ? '' : `\x1b[${height}A\r`;
    const text = lines.map((line) => `${line}${eraseRight}\n`).join('');
    this.#terminal.out(`${up}${text}${eraseBelow}`);
    this.#drawn = lines;
  }

  /** Rows that the lines take now: a command is never cut, so a line may take two. */
  #height(lines: readonly string[]): number {
    const { columns } = this.#terminal.size();
    return lines.reduce((sum, line) => {
      const width = widthOf(stripVTControlCharacters(line));
      return sum + Math.max(1, Math.ceil(width / columns));
    }, 0);
  }
}
