import type { Attention, RunStatus } from '../../run/status.ts';
import { approvalLines } from './approval.ts';
import { formatMoment } from './measures.ts';
import { paragraph, printable, widthOf, wrap } from './text.ts';
import { asTyped } from './view.ts';
import type { View } from './view.ts';

/** Why the run waits, what is at stake and what the person can do, most likely first. */
export function attentionLines(status: RunStatus, view: View): string[] {
  const { attention, disk } = status;
  if (attention === undefined) return [];
  const { title, since } = attention;
  const named = title.includes(status.server) ? title : `${status.server}: ${title}`;
  const head = `⏸ ${named.replace(/\.$/, '')} (since ${formatMoment(since, view.nowMs)})`;
  // The first line of an explanation often is the title again.
  const detail = attention.detail.filter((text) => text !== '' && !title.endsWith(text));
  const lines = [
    ...wrap(head, view.columns).map((line) => view.paint('yellow', line)),
    ...detail.flatMap((text) => paragraph(text, view.columns, '  ')),
  ];
  if (attention.kind === 'approval' && disk !== undefined) {
    lines.push('', ...approvalLines(disk, view));
  }
  return [...lines, '', ...actionLines(attention, view)];
}

/** Commands are never wrapped or cut: they are there to be copied. */
function actionLines(attention: Attention, view: View): string[] {
  const actions = attention.actions.map(({ command, effect }) => ({
    lead: `  To ${printable(effect)}:`,
    typed: printable(asTyped(command, view)),
  }));
  const leadColumns = Math.max(0, ...actions.map(({ lead }) => widthOf(lead)));
  const typedColumns = Math.max(0, ...actions.map(({ typed }) => widthOf(typed)));
  const beside = leadColumns + 2 + typedColumns <= view.columns;
  return actions.flatMap(({ lead, typed }) =>
    beside
      ? [`${lead.padEnd(leadColumns)}  ${view.paint('bold', typed)}`]
      : [...paragraph(lead.trim(), view.columns, '  '), `    ${view.paint('bold', typed)}`],
  );
}
