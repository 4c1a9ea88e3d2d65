import type { PhaseEntry, RunStatus } from './status.ts';

const marks: Record<PhaseEntry['state'], string> = {
  running: '●',
  waiting: '⏸',
  done: '✔',
  failed: '✘',
};

/**
 * The timeline for the Temporal UI's "current details", attention on top: a person who has never
 * seen the code can tell what happens to the server and what to do.
 */
export function timelineMarkdown(status: RunStatus): string {
  const lines: string[] = [];
  const { attention, ending } = status;
  if (attention !== undefined) {
    lines.push(`**Needs you: ${attention.title}**`, '', ...attention.detail, '');
    lines.push(
      ...attention.actions.map((action) => `- \`${action.command}\`: ${action.effect}`),
      '',
    );
  }
  if (ending !== undefined) {
    const [head = '', ...more] = ending.split('\n');
    // Two spaces: the next line stays a line of its own.
    lines.push(`**${head}**  `, ...more.map((line) => `${line}  `), '');
  }
  lines.push(`${status.server} · ${status.headline}`, '');
  lines.push('| | phase | took | |', '|---|---|---|---|');
  for (const entry of status.timeline) {
    const attempt = entry.attempt > 1 ? ` (attempt ${entry.attempt})` : '';
    const words = (entry.summary ?? entry.notes.at(-1) ?? '').replaceAll('|', '\\|');
    lines.push(`| ${marks[entry.state]} | ${entry.phase}${attempt} | ${took(entry)} | ${words} |`);
  }
  return lines.join('\n');
}

function took(entry: PhaseEntry): string {
  if (entry.endedAt === undefined) return '';
  return formatElapsed(Date.parse(entry.endedAt) - Date.parse(entry.startedAt));
}

/** `1s`, `2m41s`, `1h 12m`. */
export function formatElapsed(elapsedMs: number): string {
  const seconds = Math.max(0, Math.round(elapsedMs / 1000));
  if (seconds < 60) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}m${String(seconds % 60).padStart(2, '0')}s`;
  return `${Math.floor(minutes / 60)}h ${minutes % 60}m`;
}
