import { parseSizeBytes } from '../../spec/units.ts';
import type { Hardware } from '../provider.ts';
import type { OvhHardware } from './schemas.ts';

type Quantity = OvhHardware['memorySize'];

const bootModes: Record<string, Hardware['bootMode']> = {
  legacy: 'bios',
  uefi: 'uefi',
  'uefi-legacy': 'either',
};

/** OVH's hardware specification in our words. Disk groups without a size are left out. */
export function hardwareOf(specification: OvhHardware): Hardware {
  const names = [specification.description, specification.processorName];
  return {
    description: names.filter((name) => typeof name === 'string' && name !== '').join(', '),
    bootMode: bootModes[specification.bootMode ?? ''] ?? null,
    // OVH writes 32768 MB for 32 GiB of memory, and 2000 GB for a disk of 2 TB.
    memoryBytes: bytesOf(specification.memorySize, 'binary'),
    disks: (specification.diskGroups ?? []).flatMap((group) => {
      const sizeBytes = bytesOf(group.diskSize, 'decimal');
      if (sizeBytes === null) return [];
      return [{ count: group.numberOfDisks ?? 1, sizeBytes, kind: group.diskType ?? 'disk' }];
    }),
  };
}

function bytesOf(quantity: Quantity, powers: 'binary' | 'decimal'): number | null {
  const unit = quantity?.unit ?? '';
  try {
    const written = powers === 'binary' ? unit.replace(/^([KMGT])B$/i, '$1iB') : unit;
    return parseSizeBytes(`${quantity?.value}${written}`);
  } catch {
    return null;
  }
}
