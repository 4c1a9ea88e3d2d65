import { z } from 'zod';

import type { BlockDevice } from './block-device.ts';
import type { PartitionTable } from './partition-table.ts';
import { parsePartitionTable } from './partition-table.ts';
import type { Section } from './sections.ts';
import { keyValues, parseSections } from './sections.ts';

export type MountFacts = { target: string; sizeBytes: number | null; freeBytes: number | null };

/** A disk as far as a layout and a receipt are about it. */
export type DiskFacts = Pick<
  BlockDevice,
  'path' | 'serial' | 'wwn' | 'sizeBytes' | 'logicalSectorBytes'
>;

/** What verify.sh saw from inside the installed system. */
export type InstalledFacts = {
  bootId: string;
  /** Device of ROOT. */
  rootDevice: string;
  /** The disk that ROOT is on. */
  disk: DiskFacts;
  table: PartitionTable;
  /** Filesystem type by device. */
  filesystems: Record<string, string>;
  /** Mounts by device; of several, the one nearest to the root. */
  mounts: Record<string, MountFacts>;
  /** Of ROOT's ext4 superblock. */
  superblock: { blocks: number; blockBytes: number; overheadBlocks: number | null } | null;
  failedUnits: string[];
  /** Text by file name, as found on OEM; not yet believed. */
  receipts: Record<string, string>;
};

/**
 * What came back from the installed system is not what verify.sh prints.
 *
 * @where verify
 * @changed Nothing: verifying is read-only.
 * @remedy Resume; if it comes again, report it with the message.
 * @example
 * verify.sh gave something unexpected: lsblk: not found
 */
export class VerificationUnreadable extends Error {
  override name = 'VerificationUnreadable';
}

const findmntOutput = z.object({
  filesystems: z.array(z.object({ source: z.string(), target: z.string() })).default([]),
});

/** Reads the output of verify.sh. Throws VerificationUnreadable. */
export function parseInstalledFacts(stdout: string): InstalledFacts {
  const sections = parseSections(stdout);
  const lines = (name: string): string[] =>
    sections.find(({ words }) => words[0] === name)?.lines ?? [];
  const text = (name: string): string => lines(name).join('\n').trim();
  try {
    return {
      bootId: text('boot-id'),
      rootDevice: text('root-source'),
      disk: parseDisk(sections.find(({ words }) => words[0] === 'disk')),
      table: parsePartitionTable(text('table')),
      filesystems: Object.fromEntries(
        sections
          .filter(({ words }) => words[0] === 'filesystem')
          .map(({ words, lines: content }) => [
            words[1] ?? '',
            keyValues(content).get('TYPE') ?? '',
          ]),
      ),
      mounts: mountsByDevice(text('mounts'), lines('df')),
      superblock: parseSuperblock(lines('superblock')),
      failedUnits: lines('failed-units').filter((unit) => unit !== ''),
      receipts: Object.fromEntries(
        sections
          .filter(({ words }) => words[0] === 'receipt')
          .map(({ words, lines: content }) => [words[1] ?? '', content.join('\n')]),
      ),
    };
  } catch (cause) {
    throw new VerificationUnreadable(
      `verify.sh gave something unexpected: ${stdout.slice(0, 300)}`,
      { cause },
    );
  }
}

function parseDisk(section: Section | undefined): DiskFacts {
  const facts = keyValues(section?.lines ?? []);
  return {
    path: section?.words[1] ?? '',
    serial: facts.get('serial') ?? '',
    wwn: facts.get('wwn') ?? '',
    sizeBytes: Number(facts.get('size')),
    logicalSectorBytes: Number(facts.get('log-sec')),
  };
}

function mountsByDevice(findmnt: string, df: string[]): Record<string, MountFacts> {
  const sizes = new Map(
    df.map((line) => {
      const [, target = '', size, free] = line.trim().split(/\s+/);
      return [target, { sizeBytes: Number(size), freeBytes: Number(free) }];
    }),
  );
  const mounts: Record<string, MountFacts> = {};
  for (const { source, target } of findmntOutput.parse(JSON.parse(findmnt)).filesystems) {
    const device = source.replace(/\[.*/, '');
    const known = mounts[device];
    if (known !== undefined && known.target.length <= target.length) continue;
    mounts[device] = { target, sizeBytes: null, freeBytes: null, ...sizes.get(target) };
  }
  return mounts;
}

function parseSuperblock(lines: string[]): InstalledFacts['superblock'] {
  const facts = new Map(
    lines.map((line) => {
      const at = line.indexOf(':');
      return [line.slice(0, at), line.slice(at + 1).trim()];
    }),
  );
  const blocks = Number(facts.get('Block count'));
  const blockBytes = Number(facts.get('Block size'));
  if (!(blocks > 0) || !(blockBytes > 0)) return null;
  const overhead = Number(facts.get('Overhead clusters'));
  return { blocks, blockBytes, overheadBlocks: overhead > 0 ? overhead : null };
}
