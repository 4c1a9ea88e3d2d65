import { formatSize } from '../spec/units.ts';
import type { PartitionFate, PlannedPartition } from './status.ts';

/** What becomes of a partition that is there: `stays`, `DIES`, `shrinks to 100 GiB`. */
export function fateWords({ fate, becomes }: PartitionFate): string {
  if (fate === 'dies') return 'DIES';
  return fate === 'shrinks' && becomes !== undefined ? `shrinks to ${plannedSize(becomes)}` : fate;
}

/** The size of a partition of a plan: `100 GiB`, `about 100 GiB`, `the rest`. */
export function plannedSize({ sizeBytes, roughly }: PlannedPartition): string {
  if (sizeBytes === null) return 'the rest';
  return roughly ? `about ${formatSize(sizeBytes)}` : formatSize(sizeBytes);
}
