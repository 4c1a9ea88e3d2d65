import { z } from 'zod';

/** One entry of a partition table. GUIDs are lower-case; a dos table has none. */
export type TableEntry = {
  number: number;
  startSector: number;
  sizeSectors: number;
  /** Type GUID of GPT, hex type of dos. */
  type: string;
  partUuid: string;
  name: string;
  /** As sfdisk writes them (`GUID:48,56`): boot attributes of USR-A/B among others. */
  attributes: string;
};

export type PartitionTable = {
  label: string;
  /** The disk GUID. Flatcar's image has …0001, which its first boot replaces. */
  id: string;
  firstLba: number;
  sectorBytes: number;
  entries: TableEntry[];
};

const sfdiskOutput = z.object({
  partitiontable: z.object({
    label: z.string(),
    id: z.string().default(''),
    device: z.string(),
    unit: z.literal('sectors'),
    firstlba: z.number().int().default(34),
    sectorsize: z.number().int().default(512),
    partitions: z
      .array(
        z.object({
          node: z.string(),
          start: z.number().int(),
          size: z.number().int(),
          type: z.string(),
          uuid: z.string().default(''),
          name: z.string().default(''),
          attrs: z.string().default(''),
        }),
      )
      .default([]),
  }),
});

/** Reads `sfdisk --json`. Throws a ZodError or SyntaxError when the text is not that. */
export function parsePartitionTable(json: string): PartitionTable {
  const table = sfdiskOutput.parse(JSON.parse(json)).partitiontable;
  return {
    label: table.label,
    id: table.id.toLowerCase(),
    firstLba: table.firstlba,
    sectorBytes: table.sectorsize,
    entries: table.partitions.map((partition) => ({
      number: Number(partition.node.slice(table.device.length).replace(/^p/, '')),
      startSector: partition.start,
      sizeSectors: partition.size,
      type: partition.type.toLowerCase(),
      partUuid: partition.uuid.toLowerCase(),
      name: partition.name,
      attributes: partition.attrs,
    })),
  };
}
