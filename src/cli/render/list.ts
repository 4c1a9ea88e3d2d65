import type { RunListEntry } from '../../client/run-list.ts';
import { formatAge } from './measures.ts';
import { cut, printable, widthOf } from './text.ts';
import type { View } from './view.ts';

/** One line per server: its phase, since when, and what it does or needs. */
export function listLines(entries: readonly RunListEntry[], view: View): string[] {
  if (entries.length === 0) {
    return ['No server has a run yet. Start one:  ' + `${view.program} provision SPEC`];
  }
  const rows = entries.map((entry) => [
    printable(entry.server),
    entry.phase ?? '-',
    formatAge(view.nowMs - Date.parse(entry.since)),
    stateWords(entry),
  ]);
  const table = [['SERVER', 'PHASE', 'SINCE', 'STATE'], ...rows];
  const widths = [0, 1, 2].map((column) =>
    Math.max(...table.map((row) => widthOf(row[column] ?? ''))),
  );
  return table.map((row, line) => {
    const head = widths.map((width, column) => (row[column] ?? '').padEnd(width)).join('  ');
    const text = cut(`${head}  ${row[3] ?? ''}`, view.columns);
    return line === 0 ? view.paint('dim', text) : text;
  });
}

function stateWords(entry: RunListEntry): string {
  if (entry.state === 'waiting') {
    // The line has said already which server it is about.
    const words = entry.words?.replace(`${entry.server} waits for `, '');
    return `needs you: ${words ?? 'see its status'}`;
  }
  return entry.words === undefined ? entry.state : `${entry.state}: ${entry.words}`;
}
