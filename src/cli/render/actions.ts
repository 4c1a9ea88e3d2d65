import { paragraph, printable, widthOf } from './text.ts';
import { asTyped } from './view.ts';
import type { View } from './view.ts';

/**
 * What a person can do, and how: `To leave it alone:  ironstep abort core2`. Commands are never
 * wrapped or cut: they are there to be copied.
 */
export function actionLines(
  some: readonly { command: string; effect: string }[],
  view: View,
  indent = '  ',
): string[] {
  const actions = some.map(({ command, effect }) => ({
    lead: `${indent}To ${printable(effect)}:`,
    typed: printable(asTyped(command, view)),
  }));
  const leadColumns = Math.max(0, ...actions.map(({ lead }) => widthOf(lead)));
  const typedColumns = Math.max(0, ...actions.map(({ typed }) => widthOf(typed)));
  const beside = leadColumns + 2 + typedColumns <= view.columns;
  return actions.flatMap(({ lead, typed }) =>
    beside
      ? [`${lead.padEnd(leadColumns)}  ${view.paint('bold', typed)}`]
      : [
          ...paragraph(lead.trim(), view.columns, indent),
          `${indent}  ${view.paint('bold', typed)}`,
        ],
  );
}
