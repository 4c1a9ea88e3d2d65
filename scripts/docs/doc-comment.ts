import type { Comment } from 'oxc-parser';

/** A doc comment: its text before the first tag, then the text of each tag. */
export type DocComment = { text: string; tags: Map<string, string> };

/** The doc comment that ends where `start` begins, with nothing but space between. */
export function docBefore(source: string, comments: Comment[], start: number): DocComment {
  const comment = comments.findLast(
    ({ type, end, value }) =>
      type === 'Block' &&
      value.startsWith('*') &&
      end <= start &&
      isBlank(source.slice(end, start)),
  );
  return parseDoc(comment?.value ?? '');
}

/**
 * Lines are joined to a paragraph, except those of `@example`: there a line is a line, and a
 * backslash at its end joins it with the next one.
 */
function parseDoc(value: string): DocComment {
  const parts: { tag: string; lines: string[] }[] = [{ tag: '', lines: [] }];
  for (const raw of value.split('\n')) {
    const line = raw.replace(/^\s*\*+ ?/, '').trimEnd();
    const [, tag, rest = ''] = /^@(\w+)\s*(.*)$/.exec(line) ?? [];
    if (tag === undefined) parts.at(-1)?.lines.push(line);
    else parts.push({ tag, lines: [rest] });
  }
  const texts = parts.map(({ tag, lines }): [string, string] => [
    tag,
    tag === 'example' ? verbatim(lines) : paragraph(lines),
  ]);
  return { text: texts[0]?.[1] ?? '', tags: new Map(texts.slice(1)) };
}

function paragraph(lines: readonly string[]): string {
  return lines.join(' ').replaceAll(/ +/g, ' ').trim();
}

function verbatim(lines: readonly string[]): string {
  return lines.join('\n').replaceAll('\\\n', '').trim();
}

function isBlank(text: string): boolean {
  return text.trim() === '';
}
