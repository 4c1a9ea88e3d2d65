import type { RunStatus } from '../../run/status.ts';
import { actionLines } from './actions.ts';
import { diskFacts } from './disk.ts';
import { labelledLines } from './labelled.ts';
import { formatMoment } from './measures.ts';
import { paragraph, wrap } from './text.ts';
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
    lines.push('', ...labelledLines(diskFacts(disk), view));
  }
  return [...lines, '', ...actionLines(attention.actions, view)];
}
