import type { LiveStatus } from '../../client/live-status.ts';
import type { DiskView, PhaseEntry } from '../../run/status.ts';
import { formatElapsed } from '../../run/timeline-markdown.ts';
import { formatMakersSize } from './measures.ts';
import { progressBar } from './progress-line.ts';
import type { Rate } from './rate.ts';
import { widthOf, wrap } from './text.ts';
import type { Style, View } from './view.ts';

/** Mark and style of each state; the mark alone tells them apart. */
export const marks: Record<PhaseEntry['state'], { mark: string; style: Style }> = {
  running: { mark: '●', style: 'cyan' },
  waiting: { mark: '⏸', style: 'yellow' },
  done: { mark: '✔', style: 'green' },
  failed: { mark: '✘', style: 'red' },
};

const phaseColumns = 11;
const elapsedColumns = 6;
/** Two spaces, mark, space, phase, space, elapsed, three spaces. */
const textIndent = ' '.repeat(2 + 1 + 1 + phaseColumns + 1 + elapsedColumns + 3);

/** The live timeline: which server, then one entry per phase, the last one with its progress. */
export function timelineLines(status: LiveStatus, view: View, rate: Rate | null): string[] {
  const entries = status.timeline.flatMap((entry, index) => {
    const current = index === status.timeline.length - 1;
    return entryLines(entry, current ? currentTexts(status, view, rate) : [], view);
  });
  return [...headerLines(status, view), ...entries];
}

/** `core1   ovh · ns3012345.ip-5-39-80.eu · Flatcar 4593.2.4 · shrink to 100 GiB · 2.0 TB …` */
function headerLines(status: LiveStatus, view: View): string[] {
  const words = [status.provider, status.service, status.headline];
  if (status.disk !== undefined) words.push(diskWords(status.disk));
  const indent = ' '.repeat(widthOf(status.server) + 3);
  const lines = wrap(words.filter((word) => word !== '').join(' · '), view.columns - indent.length);
  return lines.map((line, index) =>
    index === 0 ? `${view.paint('bold', status.server)}   ${line}` : `${indent}${line}`,
  );
}

/** `2.0 TB WDC WD20EZRX serial WD-WCC4M0KS2A01` */
function diskWords(disk: DiskView): string {
  const words = [formatMakersSize(disk.sizeBytes), disk.model.trim(), 'serial', disk.serial];
  return words.filter((word) => word !== '').join(' ');
}

function entryLines(entry: PhaseEntry, current: string[], view: View): string[] {
  const { mark, style } = marks[entry.state];
  const endMs = entry.endedAt === undefined ? view.nowMs : Date.parse(entry.endedAt);
  const elapsed = formatElapsed(endMs - Date.parse(entry.startedAt)).padStart(elapsedColumns);
  const words = entry.summary ?? (current.length > 0 ? undefined : entry.notes.at(-1)) ?? '';
  const attempt = entry.attempt > 1 ? `attempt ${entry.attempt}` : '';
  const said = [attempt, words].filter((text) => text !== '').join(' · ');
  const texts = [...(said === '' ? [] : [said]), ...current];
  const lines = texts.flatMap((text) => wrap(text, view.columns - textIndent.length));
  const phase = entry.phase.padEnd(phaseColumns);
  const head = `  ${view.paint(style, mark)} ${phase} ${view.paint('dim', elapsed)}`;
  const [first = '', ...rest] = lines;
  return [`${head}   ${first}`.trimEnd(), ...rest.map((line) => `${textIndent}${line}`)];
}

/** What the phase that is under way is doing just now. */
function currentTexts(status: LiveStatus, view: View, rate: Rate | null): string[] {
  const entry = status.timeline.at(-1);
  if (entry === undefined || entry.state !== 'running') return [];
  const texts: string[] = [];
  const { progress, lastFailure, activityAttempt = 1 } = status;
  const label = progress?.label ?? entry.notes.at(-1);
  const bar = progress === undefined ? null : progressBar(progress, rate);
  if (label !== undefined && bar !== null) {
    const together = `${label}   ${bar}`;
    const fits = widthOf(together) <= view.columns - textIndent.length;
    texts.push(...(fits ? [together] : [label, bar]));
  } else if (label !== undefined) {
    texts.push(label);
  }
  if (activityAttempt > 1 && lastFailure !== undefined && lastFailure !== label) {
    texts.push(`try ${activityAttempt}, the last one ended: ${lastFailure}`);
  }
  return texts;
}
