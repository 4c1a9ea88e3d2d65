import { fateWords, plannedSize } from '../../run/fate-words.ts';
import type { DiskView, PartitionFate, PlannedPartition } from '../../run/status.ts';
import { formatSize } from '../../spec/units.ts';
import type { Fact } from './labelled.ts';
import { formatMakersSize } from './measures.ts';
import { printable, tableLines, widthOf, wrap } from './text.ts';

/** The disk: what it holds now with what becomes of each partition, and what is made on it. */
export function diskFacts(disk: DiskView): Fact[] {
  const kept = disk.partitions.filter(({ fate }) => fate !== 'made');
  const made = disk.partitions.filter(({ fate }) => fate === 'made');
  const names = widest(disk.partitions.map(nameOf));
  const numbers = widest(disk.partitions.map(numberOf));
  const named = (partition: PartitionFate): string[] => [
    numberOf(partition).padEnd(numbers),
    nameOf(partition).padEnd(names),
  ];
  const now = kept.map((partition) => [...named(partition), ...nowCells(partition)]);
  const then = made.map((partition) => [...named(partition), ...thenCells(partition)]);
  return [
    ['disk', (columns) => wrap(diskWords(disk), columns)],
    ...(now.length === 0 ? [] : [tableFact('now', now, [2])]),
    ...(then.length === 0 ? [] : [tableFact('then', then)]),
  ];
}

function tableFact(label: string, rows: string[][], right: number[] = []): Fact {
  return [label, (columns) => table(rows, columns, right)];
}

function widest(texts: string[]): number {
  return Math.max(0, ...texts.map(widthOf));
}

function numberOf({ number }: PartitionFate): string {
  return number === null ? '-' : String(number);
}

function nameOf({ name }: PartitionFate): string {
  return name === '' ? '-' : printable(name);
}

/** Sizes of a layout that is not on any disk yet. */
export function layoutLines(layout: readonly PlannedPartition[], columns: number): string[] {
  return table(
    layout.map((partition) => [partition.name, ...plannedCells(partition)]),
    columns,
  );
}

function table(rows: string[][], columns: number, right: number[] = []): string[] {
  return tableLines(rows, { columns, indent: '', flexible: [3, 4], right });
}

function diskWords(disk: DiskView): string {
  const facts = [formatMakersSize(disk.sizeBytes), disk.rotational ? 'rotational' : 'solid state'];
  if (disk.fingerprint === 'empty') facts.push('empty');
  return `${disk.model.trim()} serial ${disk.serial} (${facts.join(', ')})`.trim();
}

function nowCells(partition: PartitionFate): string[] {
  const { sizeBytes, now } = partition;
  return [sizeBytes === null ? '' : formatSize(sizeBytes), now, fateWords(partition)];
}

function thenCells({ becomes }: PartitionFate): string[] {
  return becomes === undefined ? ['made'] : plannedCells(becomes);
}

function plannedCells(partition: PlannedPartition): string[] {
  const { filesystem, mount } = partition;
  return [plannedSize(partition), filesystem, mount === null || mount === '/' ? '' : mount];
}
