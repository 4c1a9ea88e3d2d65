import type { HistoryEntry, HistoryStep, RunHistory } from '../../run/run-history.ts';
import { formatElapsed } from '../../run/timeline-markdown.ts';
import { formatMoment } from './measures.ts';
import { widthOf, wrap } from './text.ts';
import { marks } from './timeline.ts';
import type { Style, View } from './view.ts';

/** One line: when, a mark, and what. */
type Line = { at: string; mark: string; style: Style; words: string };

const phaseColumns = 14;
const elapsedColumns = 6;

const request = { mark: '▸', style: 'cyan' } as const;
const trouble = { mark: '!', style: 'yellow' } as const;

/** What happened to a server, run by run, oldest first: the newest stands above the prompt. */
export function historyLines(
  runs: readonly RunHistory[],
  view: View,
  options: { steps: boolean },
): string[] {
  const moments = runs.flatMap((run) => linesOf(run, view, options).map(({ at }) => at));
  const columns = Math.max(0, ...moments.map((at) => widthOf(formatMoment(at, view.nowMs))));
  return runs.flatMap((run, index) => [
    ...(index === 0 ? [] : ['']),
    ...headLines(run, view),
    ...linesOf(run, view, options).flatMap((line) => rendered(line, columns, view)),
  ]);
}

function headLines(run: RunHistory, view: View): string[] {
  const head = `${run.kind} by ${run.by}${run.summary === '' ? '' : `: ${run.summary}`}`;
  return wrap(head, view.columns).map((line) => view.paint('bold', line));
}

function rendered({ at, mark, style, words }: Line, columns: number, view: View): string[] {
  const lead = `  ${formatMoment(at, view.nowMs).padStart(columns)}  `;
  const indent = ' '.repeat(widthOf(lead) + 2);
  return wrap(words, view.columns - indent.length).map((line, index) =>
    index === 0 ? `${lead}${view.paint(style, mark)} ${line}`.trimEnd() : `${indent}${line}`,
  );
}

function linesOf(run: RunHistory, view: View, { steps }: { steps: boolean }): Line[] {
  const lines = run.entries.flatMap((entry) => [
    lineOf(entry, view),
    ...(steps && entry.kind === 'phase' ? entry.steps.map((step) => stepLine(step, view)) : []),
  ]);
  return [...lines, ...endLines(run)];
}

function lineOf(entry: HistoryEntry, view: View): Line {
  const { at } = entry;
  switch (entry.kind) {
    case 'phase': {
      const state = entry.state === 'stopped' ? stopped : marks[entry.state];
      return { at, ...state, words: lasting(entry.phase, entry, view) };
    }
    case 'attention': {
      const why = entry.why === 'approval' ? 'needs your yes' : 'waits for you';
      return { at, ...marks.waiting, words: lasting(why, entry, view) };
    }
    case 'failure': {
      const { mark, style } = entry.retried ? trouble : marks.failed;
      const again = entry.retried ? ', tried again' : '';
      return { at, mark, style, words: `${entry.step}${again}: ${entry.type}: ${entry.message}` };
    }
    case 'request':
      return { at, ...request, words: requestWords(entry) };
    case 'cancel': {
      const why = entry.reason === undefined ? '' : `: ${entry.reason}`;
      return { at, ...request, words: `cancelled in Temporal by ${entry.by}${why}` };
    }
    case 'stuck': {
      const words = `the worker ${entry.worker} could not go on: ${entry.message}`;
      return { at, ...trouble, words };
    }
  }
}

const stopped = { mark: '■', style: 'yellow' } as const;

function requestWords(entry: Extract<HistoryEntry, { kind: 'request' }>): string {
  const { name, by, said, refused } = entry;
  const words = `${name} by ${by}${said === undefined ? '' : `: ${said}`}`;
  return refused === undefined ? words : `${words} (refused: ${refused})`;
}

function stepLine(step: HistoryStep, view: View): Line {
  const { mark, style } = step.state === 'cancelled' ? stopped : marks[step.state];
  const attempts = step.attempts > 1 ? ` (attempt ${step.attempts})` : '';
  const words = `${step.name}${attempts}  ${elapsed(step, view)}`;
  return { at: step.at, mark: ' ', style, words: `${mark} ${words}` };
}

/** What it was and how long it took, or takes; in columns where the words are short. */
function lasting(words: string, span: { at: string; endedAt?: string }, view: View): string {
  return `${words.padEnd(phaseColumns)} ${elapsed(span, view).padStart(elapsedColumns)}`;
}

function elapsed({ at, endedAt }: { at: string; endedAt?: string }, view: View): string {
  const endMs = endedAt === undefined ? view.nowMs : Date.parse(endedAt);
  return formatElapsed(endMs - Date.parse(at));
}

function endLines({ end, startedAt, entries }: RunHistory): Line[] {
  if (end === undefined) return [];
  const good = end.state === 'ready' || end.state === 'done';
  const { mark, style } = good ? marks.done : marks.failed;
  const took = formatElapsed(Date.parse(end.at) - Date.parse(startedAt));
  const by = end.by === undefined ? '' : ` by ${end.by}`;
  // A refusal is in the words of the step that failed, which stand there already.
  const known = entries.some((entry) => entry.kind === 'failure' && entry.message === end.said);
  const said = end.said === undefined || known ? '' : `: ${end.said}`;
  return [{ at: end.at, mark, style, words: `${end.state}${by} after ${took}${said}` }];
}
