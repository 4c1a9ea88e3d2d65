/** Keeps the columns of a table apart: the Temporal UI (2.54) draws its cells without any space. */
const gap = '\u00a0\u00a0';

/** Text as it is, on one line: nothing in it is taken for Markdown or HTML. */
export function plainText(text: string): string {
  const oneLine = text.replaceAll(/\s+/g, ' ').trim();
  return oneLine.replaceAll(/[\\`*_~<>[\]|#&]/g, String.raw`\$&`);
}

/** Text that is copied or typed as it stands. */
export function code(text: string): string {
  return `\`${text.replaceAll('`', "'")}\``;
}

/** Lines of a table; its cells are Markdown. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(`${gap} | `)} |`;
  return [line(head), `|${':---|'.repeat(head.length)}`, ...rows.map(line), ''];
}
