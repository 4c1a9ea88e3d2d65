import type { LiveStatus } from '../../client/live-status.ts';
import type { PhaseEntry } from '../../run/status.ts';
import { formatElapsed } from '../../run/timeline-markdown.ts';
import { percent } from './progress-line.ts';
import { printable } from './text.ts';
import { marks } from './timeline.ts';

/**
 * What is new since `before`, one plain line per event: for logs and pipes. No line is ever taken
 * back, none has control characters, and none is cut.
 */
export function plainLines(before: LiveStatus | undefined, after: LiveStatus): string[] {
  const lines: string[] = [];
  if (before === undefined) {
    const words = [after.provider, after.service, after.headline];
    lines.push(words.filter((word) => word !== '').join(' · '));
  }
  for (const [index, entry] of after.timeline.entries()) {
    lines.push(...entryEvents(before?.timeline[index], entry));
  }
  lines.push(...progressEvents(before, after));
  return lines.map((line) => `${after.server}  ${printable(line)}`);
}

function entryEvents(before: PhaseEntry | undefined, entry: PhaseEntry): string[] {
  const lines: string[] = [];
  const attempt = entry.attempt > 1 ? ` (attempt ${entry.attempt})` : '';
  const phase = `${entry.phase}${attempt}`;
  if (before === undefined && entry.endedAt === undefined) lines.push(`● ${phase} began`);
  for (const note of newNotes(before?.notes ?? [], entry.notes)) lines.push(`  ${phase}: ${note}`);
  if (before?.state === entry.state) return lines;
  const { mark } = marks[entry.state];
  if (entry.state === 'waiting') lines.push(`${mark} ${phase} waits for you`);
  if (before?.state === 'waiting' && entry.state === 'running') {
    lines.push(`${mark} ${phase} goes on`);
  }
  if (entry.endedAt !== undefined) {
    const took = formatElapsed(Date.parse(entry.endedAt) - Date.parse(entry.startedAt));
    const summary = entry.summary === undefined ? '' : `: ${entry.summary}`;
    lines.push(`${mark} ${phase} ${entry.state} in ${took}${summary}`);
  }
  return lines;
}

/** Notes are bounded and drop old ones, so what is new is what was not there before. */
function newNotes(before: readonly string[], after: readonly string[]): string[] {
  const known = new Set(before);
  return after.filter((note) => !known.has(note));
}

/** A new label, and every tenth of what is counted. */
function progressEvents(before: LiveStatus | undefined, after: LiveStatus): string[] {
  const { progress } = after;
  if (progress === undefined || after.state !== 'running') return [];
  const same = before?.progress?.label === progress.label;
  const tenth = tenthOf(after);
  if (same && tenth === tenthOf(before)) return [];
  const share = tenth === null ? '' : ` ${tenth * 10} %`;
  return [`  ${after.timeline.at(-1)?.phase ?? 'run'}: ${progress.label}${share}`];
}

function tenthOf(status: LiveStatus | undefined): number | null {
  const { done, total } = status?.progress ?? {};
  return done === undefined || !total ? null : Math.floor(percent(done / total) / 10);
}
