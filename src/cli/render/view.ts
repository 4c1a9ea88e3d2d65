import { styleText } from 'node:util';

/** The few styles that are used; colour repeats what the words and marks already say. */
export type Style = 'bold' | 'dim' | 'green' | 'yellow' | 'red' | 'cyan';
export type Paint = (style: Style, text: string) => string;

/** Everything that rendering needs to know about where and when it is seen. */
export type View = {
  columns: number;
  /** Epoch milliseconds, for what is still under way. */
  nowMs: number;
  paint: Paint;
  /** How the person calls this program: `ironstep` or `npx ironstep`. */
  program: string;
  /** Where the Temporal UI is, if it is known: `http://127.0.0.1:8233`. */
  uiUrl?: string;
};

/** `styleText` where colours are wanted, else the bare text. */
export function paintFor(colours: boolean): Paint {
  return colours ? (style, text) => styleText(style, text) : (_style, text) => text;
}

/** Commands in advice and messages, which begin a text or stand behind two spaces, as typed. */
export function asTyped(text: string, view: Pick<View, 'program'>): string {
  return text.replaceAll(/(^| {2})ironstep /g, `$1${view.program} `);
}
