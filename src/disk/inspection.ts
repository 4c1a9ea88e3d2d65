import type { BlockDevice, Filesystem, Partition } from './block-device.ts';
import type { PartitionTable } from './partition-table.ts';
import { parsePartitionTable } from './partition-table.ts';
import type { Section } from './sections.ts';
import { keyValues, parseSections } from './sections.ts';

/** All that `inspect.sh` saw in one round trip. */
export type Inspection = {
  bootId: string;
  kernelCommandLine: string;
  firmware: 'bios' | 'uefi';
  memoryBytes: number;
  /** Version or `present` by tool; null: missing. */
  tools: Record<string, string | null>;
  rootSource: string;
  /** Serials of disks whose wipe lease was begun in this boot. */
  begunSerials: string[];
  devices: BlockDevice[];
  /** Text by path of the disk and name of the file, as found on OEM; not yet believed. */
  receipts: Record<string, Record<string, string>>;
};

/**
 * What came back from the server is not what inspect.sh prints.
 *
 * @where inspect
 * @changed Nothing: looking at disks is read-only.
 * @remedy Resume; if it comes again, report it with the message: a tool of the rescue system
 *   writes something unexpected.
 * @example
 * the partition table of /dev/sda is not readable
 */
export class InspectionUnreadable extends Error {
  override name = 'InspectionUnreadable';
}

/** Reads the output of inspect.sh. Throws InspectionUnreadable. */
export function parseInspection(stdout: string): Inspection {
  const sections = parseSections(stdout);
  const receipts: Inspection['receipts'] = {};
  for (const { words, lines } of sections) {
    const [kind, path, file] = words;
    if (kind !== 'receipt' || path === undefined || file === undefined) continue;
    receipts[path] = { ...receipts[path], [file]: lines.join('\n') };
  }
  const one = (name: string): string => {
    const section = sections.find(({ words }) => words[0] === name);
    if (section === undefined) {
      throw new InspectionUnreadable(
        `inspect.sh said nothing about ${name}: ${stdout.slice(0, 300)}`,
      );
    }
    return section.lines.join('\n').trim();
  };
  return {
    bootId: one('boot-id'),
    kernelCommandLine: one('command-line'),
    firmware: one('firmware') === 'uefi' ? 'uefi' : 'bios',
    memoryBytes: Number(one('memory-bytes')),
    tools: Object.fromEntries(
      [...keyValues(one('tools').split('\n'))].map(([tool, version]) => [tool, version || null]),
    ),
    rootSource: one('root-source'),
    begunSerials: (sections.find(({ words }) => words[0] === 'begun')?.lines ?? []).filter(Boolean),
    devices: parseDevices(sections),
    receipts,
  };
}

/** Disks of the server. The rescue system's own virtual disk carries the serial "rescue". */
function parseDevices(sections: Section[]): BlockDevice[] {
  return sections
    .filter(({ words }) => words[0] === 'disk')
    .map(({ words, lines }) => parseDevice(words[1] ?? '', keyValues(lines), sections))
    .filter(({ serial }) => serial.toLowerCase() !== 'rescue');
}

function parseDevice(path: string, facts: Map<string, string>, sections: Section[]): BlockDevice {
  const about = (name: string): string[] =>
    sections.find(({ words }) => words[0] === name && words[1] === path)?.lines ?? [];
  const fact = (name: string): string => facts.get(name) ?? '';
  const tableJson = about('table').join('\n') || null;
  const table = tableJson === null ? null : readTable(path, tableJson);
  const whole = keyValues(about('whole'));
  return {
    path,
    serial: fact('serial'),
    wwn: fact('wwn'),
    model: fact('model'),
    sizeBytes: Number(fact('size')),
    logicalSectorBytes: Number(fact('log-sec')),
    rotational: fact('rota') === '1',
    transport: fact('tran'),
    readOnly: fact('ro') === '1',
    removable: fact('rm') === '1',
    tableKind: table?.label ?? whole.get('PTTYPE') ?? 'none',
    fingerprint: fact('fingerprint'),
    tableJson,
    partitions: parsePartitions(path, table, sections),
    wholeDisk: parseFilesystem(whole),
    busy: about('busy').filter((line) => line !== ''),
  };
}

function readTable(path: string, json: string): PartitionTable {
  try {
    return parsePartitionTable(json);
  } catch (cause) {
    throw new InspectionUnreadable(`the partition table of ${path} is not readable`, { cause });
  }
}

function parsePartitions(
  path: string,
  table: PartitionTable | null,
  sections: Section[],
): Partition[] {
  return (table?.entries ?? []).map(({ type, ...entry }) => {
    const section = sections.find(
      ({ words }) =>
        words[0] === 'partition' && words[1] === path && words[2] === String(entry.number),
    );
    return {
      ...entry,
      typeGuid: type,
      filesystem: parseFilesystem(keyValues(section?.lines ?? [])),
    };
  });
}

function parseFilesystem(facts: Map<string, string>): Filesystem | null {
  const type = facts.get('TYPE');
  if (type === undefined) return null;
  const lastMounted = facts.get('last-mounted');
  const usedBytes = facts.get('used-bytes');
  return {
    type,
    label: facts.get('LABEL') ?? '',
    uuid: facts.get('UUID') ?? '',
    lastMounted:
      lastMounted === undefined || lastMounted === '<not available>' ? null : lastMounted,
    usedBytes: usedBytes ? Number(usedBytes) : null,
  };
}
