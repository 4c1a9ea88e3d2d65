import { formatSize } from './units.ts';

type Partition = { name: string; size: 'rest' | number; filesystem: string; mount?: string };

/** What is wrong, and where below `layout`. */
type LayoutProblem = { path: (string | number)[]; message: string };

/** Below these a filesystem cannot be made or has no room left for its own tables. */
const smallestBytes: Record<string, number> = {
  ext4: 16 * 2 ** 20,
  // mkfs.btrfs refuses less than about 109 MiB without mixed block groups.
  btrfs: 128 * 2 ** 20,
};

/** Partition names of Container Linux's own table; GRUB and udev find OEM and ROOT by them. */
const namesOfTheSystem = new Set([
  'efi-system',
  'bios-boot',
  'usr-a',
  'usr-b',
  'oem',
  'oem-config',
  'root',
]);

/** Mounting over or inside these would hide what the system boots from or runs on. */
const treesOfTheSystem = ['/boot', '/dev', '/etc', '/oem', '/proc', '/run', '/sys', '/tmp', '/usr'];

/** What the types of single values cannot say about the partitions of a layout. */
export function layoutProblems(partitions: Partition[]): LayoutProblem[] {
  const problems: LayoutProblem[] = [];
  const names = new Map<string, number>();
  const mounts = new Map<string, number>();
  const rests: number[] = [];
  partitions.forEach((partition, index) => {
    const complain = (key: keyof Partition, message: string | null): void => {
      if (message !== null) problems.push({ path: ['partitions', index, key], message });
    };
    const mount = partition.mount === undefined ? undefined : plainPath(partition.mount);
    if (partition.size === 'rest') rests.push(index);
    complain('name', nameProblem(partition.name) ?? seenBefore(names, partition.name, index));
    complain('size', sizeProblem(partition) ?? restProblem(partition, rests));
    if (mount === undefined) return;
    complain('mount', mountProblem(mount) ?? seenBefore(mounts, mount, index));
  });
  return problems;
}

/** `/srv//data` and `/srv/data` are one mount point. */
function plainPath(path: string): string {
  return path.replaceAll(/\/+/g, '/');
}

function seenBefore(seen: Map<string, number>, value: string, index: number): string | null {
  const before = seen.get(value);
  seen.set(value, index);
  return before === undefined ? null : `${value} is already used by partitions[${before}]`;
}

function nameProblem(name: string): string | null {
  if (namesOfTheSystem.has(name)) return `${name} is the name of a partition of the system`;
  // The name is the filesystem's label too, and ext4 keeps 16 bytes of it (mke2fs -L).
  return name.length > 16 ? 'a partition name has at most 16 letters' : null;
}

function sizeProblem({ size, filesystem }: Partition): string | null {
  const smallest = smallestBytes[filesystem] ?? 0;
  return size === 'rest' || size >= smallest
    ? null
    : `too small for ${filesystem}, which needs ${formatSize(smallest)}`;
}

function restProblem({ size }: Partition, rests: number[]): string | null {
  return size === 'rest' && rests.length > 1
    ? `only one partition can take the rest, and partitions[${rests[0]}] does`
    : null;
}

function mountProblem(mount: string): string | null {
  if (mount.split('/').some((part) => part === '.' || part === '..')) {
    return 'a mount point is written without . and ..';
  }
  const tree = treesOfTheSystem.find((path) => mount === path || mount.startsWith(`${path}/`));
  return tree === undefined ? null : `${tree} belongs to the system`;
}
