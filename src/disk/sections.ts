/** One section of what inspect.sh and verify.sh print: its header line in words, its content. */
export type Section = { words: string[]; lines: string[] };

/** Header lines start at the margin, content lines behind one tab: content can never be a header. */
export function parseSections(output: string): Section[] {
  const sections: Section[] = [];
  for (const line of output.split('\n')) {
    if (line.startsWith('\t')) sections.at(-1)?.lines.push(line.slice(1));
    else if (line !== '') sections.push({ words: line.split(' '), lines: [] });
  }
  return sections;
}

/** `KEY=value` lines. blkid escapes with backslashes in its export format. */
export function keyValues(lines: string[]): Map<string, string> {
  return new Map(
    lines
      .filter((line) => line.includes('='))
      .map((line) => {
        const at = line.indexOf('=');
        return [line.slice(0, at), line.slice(at + 1).replace(/\\(.)/g, '$1')];
      }),
  );
}

/** The file `report` that write-image.sh and repartition.sh leave: measured facts by name. */
export function parseReport(text: string): Record<string, string> {
  return Object.fromEntries(keyValues(text.split('\n')));
}
