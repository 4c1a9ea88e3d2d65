/** Control characters, and the marks that reorder text: a disk label must not steer a terminal. */
const unprintable = /[\p{Cc}\p{Bidi_Control}]/gu;

/** Text from a server made safe for a terminal; tabs and line ends become spaces. */
export function printable(text: string): string {
  return text.replaceAll(/[\t\r\n]+/g, ' ').replaceAll(unprintable, '?');
}

/** Columns that a text takes. The words of a run are narrow characters. */
export function widthOf(text: string): number {
  return Array.from(text).length;
}

/** Breaks at spaces so that no line is wider than `columns`; a longer word is broken anywhere. */
export function wrap(text: string, columns: number): string[] {
  const width = Math.max(8, columns);
  const lines: string[] = [];
  let line = '';
  for (const word of printable(text).split(' ')) {
    const joined = line === '' ? word : `${line} ${word}`;
    if (widthOf(joined) <= width) {
      line = joined;
      continue;
    }
    if (line !== '') lines.push(line);
    const pieces = broken(word, width);
    lines.push(...pieces.slice(0, -1));
    line = pieces.at(-1) ?? '';
  }
  return [...lines, line];
}

function broken(word: string, width: number): string[] {
  const letters = Array.from(word);
  const pieces: string[] = [];
  for (let at = 0; at < letters.length; at += width) {
    pieces.push(letters.slice(at, at + width).join(''));
  }
  return pieces;
}

/** The text, or as much of it as fits, ended by `…`. */
export function cut(text: string, columns: number): string {
  const letters = Array.from(printable(text));
  if (letters.length <= columns) return letters.join('');
  return `${letters.slice(0, Math.max(0, columns - 1)).join('')}…`;
}

/** Wraps a text behind an indentation; spaces that it begins with are kept on every line. */
export function paragraph(text: string, columns: number, indent: string): string[] {
  const own = /^ */.exec(text)?.[0] ?? '';
  const lead = `${indent}${own}`;
  return wrap(text.trimStart(), columns - widthOf(lead)).map((line) => `${lead}${line}`.trimEnd());
}

/** A cell that is wrapped still has room for a word. */
const narrowest = 12;

/**
 * Cells in aligned columns, two spaces apart. Where the rows are too wide, cells of the
 * `flexible` columns are wrapped, the first of them first; the others keep their width.
 */
export function tableLines(
  rows: string[][],
  options: { columns: number; indent: string; flexible: number[]; right?: number[] },
): string[] {
  const count = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: count }, (_, column) =>
    Math.max(...rows.map((row) => widthOf(printable(row[column] ?? '')))),
  );
  const gaps = widthOf(options.indent) + 2 * (count - 1);
  let over = widths.reduce((sum, width) => sum + width, gaps) - options.columns;
  for (const column of options.flexible) {
    const width = widths[column] ?? 0;
    const narrower = Math.min(width, Math.max(narrowest, width - Math.max(0, over)));
    widths[column] = narrower;
    over -= width - narrower;
  }
  return rows.flatMap((row) => rowLines(row, widths, options));
}

function rowLines(
  row: string[],
  widths: number[],
  options: { indent: string; flexible: number[]; right?: number[] },
): string[] {
  const cells = widths.map((width, column) =>
    options.flexible.includes(column)
      ? wrap(row[column] ?? '', width)
      : [printable(row[column] ?? '')],
  );
  const height = Math.max(...cells.map((cell) => cell.length));
  return Array.from({ length: height }, (_, line) => {
    const parts = cells.map((cell, column) =>
      aligned(cell[line] ?? '', widths[column] ?? 0, options.right?.includes(column) ?? false),
    );
    return `${options.indent}${parts.join('  ')}`.trimEnd();
  });
}

function aligned(text: string, width: number, right: boolean): string {
  const space = ' '.repeat(Math.max(0, width - widthOf(text)));
  return right ? `${space}${text}` : `${text}${space}`;
}
