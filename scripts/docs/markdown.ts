/** On top of each generated page. */
const generatedNote = '<!-- Written by `npm run docs` from the source. Do not edit. -->';

/** A table whose cells are Markdown already. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** What stands in a cell must not end it. */
function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', '<br>');
}

/** Text as it is typed or shown. */
export function code(text: string): string {
  return `\`${text}\``;
}

/** Lines as they are typed or shown; `language` is for colours. */
export function block(text: string, language = ''): string {
  return `\`\`\`${language}\n${text}\n\`\`\``;
}

/** A page with one empty line between its parts. */
export function page(parts: readonly string[]): string {
  return `${[generatedNote, ...parts].join('\n\n')}\n`;
}
