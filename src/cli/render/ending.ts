import type { LiveStatus } from '../../client/live-status.ts';
import { runKinds } from '../../run/run-kinds.ts';
import { pointerLines } from './pointer.ts';
import { reportLines } from './report.ts';
import { paragraph, printable } from './text.ts';
import { asTyped } from './view.ts';
import type { View } from './view.ts';

/** The last words on a run that is over: its report, or why it ended and what was changed. */
export function endingLines(status: LiveStatus, view: View): string[] {
  switch (status.state) {
    case 'running':
    case 'waiting':
      return [];
    case 'ready':
      return reportLines(status, view);
    case 'done': {
      const [head = `${status.server} is done.`, ...said] = saidLines(status);
      return ending(view.paint('green', head), said, { status, view });
    }
    case 'refused':
      return unsuccessful(`Refused: ${status.server} ${undone(status)}.`, status, view);
    case 'aborted':
      return unsuccessful(`Aborted: ${status.server}.`, status, view);
    case 'failed':
      return unsuccessful(`Failed: ${status.server} ${undone(status)}.`, status, view);
  }
}

function undone({ kind }: LiveStatus): string {
  return runKinds[kind].undone;
}

function saidLines({ ending: said }: LiveStatus): string[] {
  return said?.split('\n') ?? [];
}

function unsuccessful(head: string, status: LiveStatus, view: View): string[] {
  const said = saidLines(status);
  const words = said.length === 0 ? ['The run does not say how it ended.'] : said;
  return ending(view.paint('red', head), words, { status, view });
}

function ending(
  head: string,
  said: string[],
  { status, view }: { status: LiveStatus; view: View },
): string[] {
  return [head, ...said.flatMap((line) => saidLine(line, view)), ...pointerLines(status, view)];
}

/** What holds a command is not wrapped: it is there to be copied. */
function saidLine(line: string, view: View): string[] {
  const typed = asTyped(line, view);
  return / {2}ironstep /.test(line)
    ? [`  ${printable(typed)}`]
    : paragraph(typed, view.columns, '  ');
}
