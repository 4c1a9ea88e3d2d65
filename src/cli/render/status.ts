import type { LiveStatus } from '../../client/live-status.ts';
import { formatAge } from './measures.ts';
import { attentionLines } from './attention.ts';
import { endingLines } from './ending.ts';
import { paragraph } from './text.ts';
import { marks, timelineLines } from './timeline.ts';
import type { View } from './view.ts';

/** Everything about one run: attention or ending on top, then every phase with its notes. */
export function statusLines(status: LiveStatus, view: View): string[] {
  const steps = [...timelineLines(status, view, null), ...noteLines(status, view)];
  switch (status.state) {
    case 'waiting':
      return [...attentionLines(status, view), '', ...steps];
    case 'running':
      return [...steps, '', `  Follow it:  ${view.program} watch ${status.server}`];
    case 'ready':
    case 'done':
    case 'refused':
    case 'aborted':
    case 'failed':
      return [...steps, '', ...endingLines(status, view)];
  }
}

/** What was seen on the way, for the phases that noted more than their summary. */
function noteLines(status: LiveStatus, view: View): string[] {
  const noted = status.timeline.filter((entry) => entry.notes.length > 0);
  if (noted.length === 0) return [];
  const lines = noted.flatMap((entry) => {
    const age = formatAge(view.nowMs - Date.parse(entry.startedAt));
    const head = `  ${marks[entry.state].mark} ${entry.phase}, ${age} ago`;
    return [head, ...entry.notes.flatMap((note) => paragraph(note, view.columns, '      '))];
  });
  return ['', 'What was seen:', ...lines];
}
