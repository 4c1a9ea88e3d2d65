import type { DiskView, PartitionFate } from '../../run/status.ts';
import { formatSize } from '../../spec/units.ts';
import { formatMakersSize } from './measures.ts';
import { paragraph, tableLines } from './text.ts';
import type { View } from './view.ts';

/** The disk and each of its partitions: what it is now and what becomes of it. */
export function approvalLines(disk: DiskView, view: View): string[] {
  const facts = [formatMakersSize(disk.sizeBytes), disk.rotational ? 'rotational' : 'solid state'];
  if (disk.fingerprint === 'empty') facts.push('empty');
  const head = `disk  ${disk.model.trim()} serial ${disk.serial} (${facts.join(', ')})`;
  const rows = disk.partitions.map(fateRow);
  const table = tableLines([['part', 'name', 'size', 'now', 'then'], ...rows], {
    columns: view.columns,
    indent: '    ',
    flexible: [3, 4],
    right: [2],
  });
  return [...paragraph(head, view.columns, '  '), ...(rows.length === 0 ? [] : table)];
}

function fateRow(partition: PartitionFate): string[] {
  return [
    partition.number === null ? '-' : String(partition.number),
    partition.name === '' ? '-' : partition.name,
    partition.sizeBytes === null ? '' : formatSize(partition.sizeBytes),
    partition.now,
    fateWords(partition),
  ];
}

function fateWords({ fate, then }: PartitionFate): string {
  switch (fate) {
    case 'dies':
      return then === '' || then === 'dies' ? 'DIES' : `DIES: ${then}`;
    case 'stays':
      return then === '' || then === 'stays' ? 'stays' : `stays: ${then}`;
    case 'shrinks':
      return `shrinks: ${then}`;
    case 'made':
      return then;
  }
}
