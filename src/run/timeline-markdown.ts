import { formatSize } from '../spec/units.ts';
import { fateWords, plannedSize } from './fate-words.ts';
import { code, plainText, table } from './markdown.ts';
import type {
  Attention,
  DiskView,
  PartitionFate,
  PhaseEntry,
  Report,
  RunStatus,
} from './status.ts';

const marks: Record<PhaseEntry['state'], string> = {
  running: '●',
  waiting: '⏸',
  done: '✔',
  failed: '✘',
};

/** The UI renders on its server, with all this in a URL: about 8 kB must do for a proxy before it. */
const entriesMax = 20;

/**
 * What the Temporal UI shows as "current details": on top what a person is needed for, or how the
 * run ended, then the timeline. One who has never seen the code can tell what happens to the server
 * and what to do, from there too.
 */
export function timelineMarkdown(status: RunStatus): string {
  const { attention, ending, report, disk } = status;
  const lines: string[] = [];
  if (attention !== undefined) {
    lines.push(...paragraph([`Needs you: ${attention.title}`, ...newDetail(attention)]));
    if (attention.kind === 'approval' && disk !== undefined) lines.push(...diskLines(disk));
    lines.push('What you can do:', ...attention.actions.map(actionLine), '');
  }
  if (ending !== undefined) lines.push(...paragraph(ending.split('\n')));
  if (report !== undefined) lines.push(...reportLines(report));
  lines.push(plainText(`${status.server} · ${status.headline} · asked for by ${status.by}`), '');
  const shown = status.timeline.slice(-entriesMax);
  const earlier = status.timeline.length - shown.length;
  if (earlier > 0)
    lines.push(`${earlier} earlier: ${code(`ironstep history ${status.server}`)}`, '');
  lines.push(...table(['', 'phase', 'took', 'what was seen'], shown.map(timelineRow)));
  return lines.join('\n');
}

/** One paragraph, the first line in bold. The Temporal UI (2.54) shows a line end as one. */
function paragraph([first = '', ...more]: string[]): string[] {
  return [`**${plainText(first)}**`, ...more.map(plainText), ''];
}

/** The explanation without its first line where the title says the same. */
function newDetail({ title, detail }: Attention): string[] {
  return detail.filter((line) => line !== '' && !title.endsWith(line));
}

function actionLine({ command, effect, update }: Attention['actions'][number]): string {
  const data = update?.data === undefined ? '' : `, Data ${code(JSON.stringify(update.data))}`;
  const here =
    update === undefined
      ? ''
      : `*More Actions → Send an Update* ${code(update.name)}${data}; or in a shell `;
  return `- ${plainText(effect)}: ${here}${code(command)}`;
}

function diskLines({ model, serial, sizeBytes, partitions }: DiskView): string[] {
  const head = plainText(`Disk ${model.trim()}, serial ${serial}, ${formatSize(sizeBytes)}`);
  const rows = partitions.map((partition) => [
    partition.number === null ? '' : String(partition.number),
    plainText(partition.name),
    partition.sizeBytes === null ? '' : formatSize(partition.sizeBytes),
    plainText(partition.now),
    thenCell(partition),
  ]);
  if (rows.length === 0) return [head, ''];
  return [head, '', ...table(['part', 'name', 'size', 'now', 'then'], rows)];
}

function thenCell(partition: PartitionFate): string {
  const { fate, becomes } = partition;
  if (fate === 'dies') return `**${fateWords(partition)}**`;
  if (fate !== 'made' || becomes === undefined) return plainText(fateWords(partition));
  const where = becomes.mount === null || becomes.mount === '/' ? '' : ` on ${becomes.mount}`;
  return plainText(`${plannedSize(becomes)}, ${becomes.filesystem}${where}`);
}

function reportLines({ ok, server, address, boots, partitions }: Report): string[] {
  const how = ok ? 'is ready' : 'is installed, but not in all as the spec says';
  const head = `**${plainText(`${server} ${how}: ${address}, ${boots} boots`)}**`;
  const rows = partitions.map(({ name, device, sizeBytes, filesystem, mount, ...checked }) => [
    plainText(name),
    plainText(device),
    formatSize(sizeBytes),
    plainText(filesystem),
    plainText(mount ?? ''),
    checked.asSpecified ? 'as the spec says' : plainText(checked.difference ?? 'differs'),
  ]);
  const columns = ['name', 'device', 'size', 'filesystem', 'mount', ''];
  return [head, '', ...(rows.length === 0 ? [] : table(columns, rows))];
}

function timelineRow(entry: PhaseEntry): string[] {
  const attempt = entry.attempt > 1 ? `\u00a0(attempt\u00a0${entry.attempt})` : '';
  const seen = plainText(entry.summary ?? entry.notes.at(-1) ?? '');
  return [marks[entry.state], entry.phase + attempt, took(entry), seen];
}

function took({ startedAt, endedAt }: PhaseEntry): string {
  if (endedAt === undefined) return `since\u00a0${startedAt.slice(11, 16)}\u00a0UTC`;
  return formatElapsed(Date.parse(endedAt) - Date.parse(startedAt));
}

/** `1s`, `2m41s`, `1h 12m`. */
export function formatElapsed(elapsedMs: number): string {
  const seconds = Math.max(0, Math.round(elapsedMs / 1000));
  if (seconds < 60) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}m${String(seconds % 60).padStart(2, '0')}s`;
  return `${Math.floor(minutes / 60)}h ${minutes % 60}m`;
}
