import type { Apply } from './plan.ts';
import type { Answering, BootAhead, Minutes, Reached } from './server-plan.ts';

/** Where a run would begin. */
type Beginning = {
  apply: Apply;
  answering: Pick<Answering, 'kind'>;
  reached: Reached;
  /** `repartition` has begun on the disk: it is finished in rescue, before any other boot. */
  repartitionBegun: boolean;
};

/** From a boot order to the SSH banner of a rented server: 2 to 10 minutes were seen. */
const minutesPerBoot = 6;
/** Half a gigabyte fetched and verified, 8 GB written to a slow disk, a first boot that settles. */
const minutesOfInstall = 8;
/** ext4 of 2 TB on one slow disk: checked, shrunk, checked, and the new filesystems made. */
const minutesOfShrink = 12;

/** The boots that a run would need from here, in order, and how long that takes. */
export function effortAhead(beginning: Beginning): { boots: BootAhead[]; minutes: Minutes } {
  const boots = bootsAhead(beginning);
  const { apply, reached } = beginning;
  const install = reached === 'nothing' ? minutesOfInstall : 0;
  const shrink = apply === 'shrink' && reached !== 'everything' ? minutesOfShrink : 0;
  // Proving and comparing what runs already takes seconds.
  const all = Math.max(1, boots.length * minutesPerBoot + install + shrink);
  return { boots, minutes: { all, perBoot: minutesPerBoot, install, shrink } };
}

function bootsAhead({ apply, answering, reached, repartitionBegun }: Beginning): BootAhead[] {
  if (answering.kind === 'installed' && reached === 'everything') return [];
  const into: BootAhead[] = answering.kind === 'rescue' ? [] : ['rescue'];
  // A system that runs is shrunk in the next rescue; one that was never booted, only in the second.
  const twice =
    apply === 'shrink' &&
    !repartitionBegun &&
    !(answering.kind === 'installed' && reached === 'image');
  return twice ? [...into, 'disk', 'rescue', 'disk'] : [...into, 'disk'];
}
