import { whyNotBoot } from '../disk/may-boot.ts';
import type { RunTarget, System } from '../run/plan.ts';
import type { Dependencies } from './dependencies.ts';
import { readDisks } from './inspect.ts';
import { ourInstallations } from './our-installation.ts';

/** What the rescue system tells about booting from the disks. */
export type MayBoot = {
  /** Why they must not boot; empty: nothing speaks against it. */
  reasons: string[];
  /** A system of ours is on a disk: it has to answer with its own host key. */
  ours: boolean;
};

/** The question before the rescue system is left by hand. */
export function createMayBootActivities(dependencies: Dependencies) {
  return {
    /** May the disks be booted from (invariant 3), and is a system of ours on them? Read-only. */
    async mayBoot(target: RunTarget, rescue: System): Promise<MayBoot> {
      const inspection = await readDisks(dependencies, { target }, rescue);
      return {
        reasons: whyNotBoot(inspection),
        ours: ourInstallations(dependencies, target, inspection).length > 0,
      };
    },
  };
}
