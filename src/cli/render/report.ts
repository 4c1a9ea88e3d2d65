import type { LiveStatus } from '../../client/live-status.ts';
import type { Report, VerifiedPartition } from '../../run/status.ts';
import { formatElapsed } from '../../run/timeline-markdown.ts';
import { formatSize } from '../../spec/units.ts';
import { formatDfSize } from './measures.ts';
import { pointerLines } from './pointer.ts';
import { paragraph, tableLines, widthOf, wrap } from './text.ts';
import type { View } from './view.ts';

/** The report that a run hands over, read from inside the installed system. */
export function reportLines(status: LiveStatus, view: View): string[] {
  const { report } = status;
  if (report === undefined) {
    return [view.paint('green', `${status.server} is ready.`), ...pointerLines(status, view)];
  }
  return [
    ...headLines(status, report, view),
    '',
    ...tableLines(report.partitions.map(partitionRow), {
      columns: view.columns,
      indent: '  ',
      flexible: [5, 4],
      right: [2],
    }),
    ...factSentences(report).flatMap((text) => paragraph(text, view.columns, '  ')),
    ...report.failedUnits.flatMap((unit) => paragraph(`✘ unit ${unit} failed`, view.columns, '  ')),
    ...report.warnings.flatMap((text) => paragraph(`! ${text}`, view.columns, '  ')),
    ...pointerLines(status, view),
  ];
}

/** `ssh core@127.0.77.1`, with the port where it is not 22. */
function sshCommand(report: Pick<Report, 'address' | 'sshPort'>): string {
  const port = report.sshPort === 22 ? '' : `-p ${report.sshPort} `;
  return `ssh ${port}core@${report.address}`;
}

function headLines(status: LiveStatus, report: Report, view: View): string[] {
  const counts = [`${report.boots} ${report.boots === 1 ? 'boot' : 'boots'}`];
  if (status.historyEvents !== undefined) counts.push(`${status.historyEvents} events`);
  const result = report.ok ? 'is ready' : 'is installed, but not as the spec says';
  const head = `${status.server} ${result} after ${tookWords(status)} (${counts.join(', ')}).`;
  const style = report.ok ? 'green' : 'red';
  const ssh = sshCommand(report);
  const gap = view.columns - widthOf(head) - widthOf(ssh);
  if (gap >= 3)
    return [`${view.paint(style, head)}${' '.repeat(Math.min(gap, 6))}${view.paint('bold', ssh)}`];
  const lines = wrap(head, view.columns).map((line) => view.paint(style, line));
  return [...lines, `  ${view.paint('bold', ssh)}`];
}

/** From the start of the run to the end of its last phase. */
function tookWords(status: LiveStatus): string {
  const end = status.timeline.at(-1)?.endedAt ?? status.startedAt;
  return formatElapsed(Date.parse(end) - Date.parse(status.startedAt));
}

function partitionRow(partition: VerifiedPartition): string[] {
  const { asSpecified, difference } = partition;
  return [
    partition.name,
    partition.device,
    formatSize(partition.sizeBytes),
    partition.filesystem,
    placeWords(partition),
    asSpecified ? 'as the spec says' : `✘ differs: ${difference ?? 'see the run'}`,
  ];
}

/** Where it is mounted; for ROOT what `df -h` says, because that is what the how-to compares. */
function placeWords({ mount, filesystemBytes, freeBytes }: VerifiedPartition): string {
  if (mount !== null && mount !== '/') return mount;
  if (filesystemBytes === null) return mount ?? '';
  const size = `${formatDfSize(filesystemBytes)} size`;
  return freeBytes === null ? size : `${size}, ${formatDfSize(freeBytes)} free`;
}

function factSentences(report: Report): string[] {
  const sentences: string[] = [];
  const { filesUnchanged, filesChanged } = report;
  if (filesUnchanged !== null && filesChanged !== null) {
    sentences.push(
      filesChanged === 0
        ? `${filesUnchanged} files written before the shrink: unchanged.`
        : `✘ ${filesChanged} files changed in the shrink, ${filesUnchanged} did not.`,
    );
  }
  const moved = rootMoved(report);
  if (moved.length > 0) sentences.push(`✘ ROOT changed its ${moved.join(', ')}.`);
  sentences.push(`Provider settings: ${report.settingsRestored ? 'restored' : '✘ NOT restored'}.`);
  const system = `${report.osVersion}, host key ${report.hostKeyFingerprint}.`;
  return [sentences.join(' '), system];
}

function rootMoved(report: Report): string[] {
  const kept: [string, boolean | null][] = [
    ['start', report.rootStartUnchanged],
    ['PARTUUID', report.partuuidUnchanged],
    ['type', report.typeUnchanged],
  ];
  return kept.filter(([, unchanged]) => unchanged === false).map(([name]) => name);
}
