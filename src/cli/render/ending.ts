import type { LiveStatus } from '../../client/live-status.ts';
import { pointerLines } from './pointer.ts';
import { reportLines } from './report.ts';
import { paragraph } from './text.ts';
import type { View } from './view.ts';

/** The last words on a run that is over: its report, or why it ended and what was changed. */
export function endingLines(status: LiveStatus, view: View): string[] {
  switch (status.state) {
    case 'running':
    case 'waiting':
      return [];
    case 'ready':
      return reportLines(status, view);
    case 'done':
      return ending(view.paint('green', `Done: ${status.server}.`), status, view);
    case 'refused':
      return unsuccessful(`Refused: ${status.server} was not provisioned.`, status, view);
    case 'aborted':
      return unsuccessful(`Aborted: ${status.server}.`, status, view);
    case 'failed':
      return unsuccessful(`Failed: ${status.server} was not provisioned.`, status, view);
  }
}

function unsuccessful(head: string, status: LiveStatus, view: View): string[] {
  return ending(view.paint('red', head), status, view);
}

function ending(head: string, status: LiveStatus, view: View): string[] {
  const said = (status.ending ?? 'The run does not say how it ended.').split('\n');
  return [
    head,
    ...said.flatMap((line) => paragraph(line, view.columns, '  ')),
    ...pointerLines(status, view),
  ];
}
