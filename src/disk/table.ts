import type { SolvedLayout } from './layout.ts';
import type { PartitionTable, TableEntry } from './partition-table.ts';

/** Linux filesystem data: the type of every partition that ironstep makes. */
const linuxDataType = '0fc63daf-8483-4772-8e79-3d69d8477de4';

/** Flatcar's number of ROOT. */
export const rootNumber = 9;
/** Flatcar's number of OEM, where config and receipts go. */
export const oemNumber = 6;

/** ROOT of a table. Throws when there is none: then it is not a table of this OS. */
export function rootEntry(table: PartitionTable): TableEntry {
  const root = table.entries.find((entry) => entry.number === rootNumber);
  if (root === undefined) throw new Error('the partition table has no partition 9 (ROOT)');
  return root;
}

/**
 * The final table as a script for sfdisk. What is in the table stays as it is, in every field;
 * with a solved layout ROOT gets its new size and the new partitions are added. A partition of the
 * layout that is in the table already, by its PARTUUID, is not added twice.
 *
 * The image's table or the disk's own may be given; the disk GUID is kept, and the geometry is
 * that of the disk on which sfdisk runs.
 */
export function finalTable(table: PartitionTable, solved: SolvedLayout | null): string {
  const kept = table.entries.map((entry) =>
    solved !== null && entry.number === rootNumber ? resized(entry, solved) : entry,
  );
  const present = new Set(kept.map((entry) => entry.partUuid));
  const added = (solved?.partitions ?? [])
    .filter((partition) => !present.has(partition.partUuid.toLowerCase()))
    .map((partition): TableEntry => ({
      number: partition.number,
      startSector: partition.startSector,
      sizeSectors: partition.sizeSectors,
      type: linuxDataType,
      partUuid: partition.partUuid.toLowerCase(),
      name: partition.name,
      attributes: '',
    }));
  const header = [
    'label: gpt',
    `label-id: ${table.id}`,
    'unit: sectors',
    `first-lba: ${table.firstLba}`,
    '',
  ];
  return [...header, ...[...kept, ...added].map(renderEntry), ''].join('\n');
}

function resized(root: TableEntry, solved: SolvedLayout): TableEntry {
  if (root.startSector !== solved.rootStartSector) {
    throw new Error(
      `ROOT starts at sector ${root.startSector}, the layout was solved for ${solved.rootStartSector}`,
    );
  }
  return { ...root, sizeSectors: solved.rootSizeSectors };
}

function renderEntry(entry: TableEntry): string {
  for (const text of [entry.name, entry.attributes, entry.type, entry.partUuid]) {
    if (/["\\\p{Cc}]/u.test(text)) {
      throw new Error(`partition ${entry.number} has a name that cannot be kept: ${text}`);
    }
  }
  return [
    `${entry.number} : start=${entry.startSector}`,
    `size=${entry.sizeSectors}`,
    `type=${entry.type}`,
    `uuid=${entry.partUuid}`,
    ...(entry.name === '' ? [] : [`name="${entry.name}"`]),
    ...(entry.attributes === '' ? [] : [`attrs="${entry.attributes}"`]),
  ].join(', ');
}
