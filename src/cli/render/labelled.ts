import { widthOf } from './text.ts';
import type { View } from './view.ts';

/** A fact and how it is told in the columns that are left beside its label. */
export type Fact = [label: string, lines: (columns: number) => string[]];

/** Facts behind labels in a column of their own: `  image   Flatcar stable 4593.2.4`. */
export function labelledLines(facts: readonly Fact[], view: View): string[] {
  const width = Math.max(0, ...facts.map(([label]) => widthOf(label)));
  const columns = view.columns - 2 - width - 2;
  return facts.flatMap(([label, lines]) =>
    lines(columns).map((line, index) =>
      `  ${(index === 0 ? label : '').padEnd(width)}  ${line}`.trimEnd(),
    ),
  );
}
