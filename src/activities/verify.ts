import { parseInstalledFacts } from '../disk/installed-facts.ts';
import type { SolvedLayout } from '../disk/layout.ts';
import { rootEntry } from '../disk/table.ts';
import { compareLayout } from '../disk/verify-layout.ts';
import type { Pace } from '../run/pace.ts';
import type { Plan, System } from '../run/plan.ts';
import type { VerifiedPartition } from '../run/status.ts';
import { keyFingerprint } from '../ssh/host-key.ts';
import { beat } from './beat.ts';
import type { Dependencies } from './dependencies.ts';
import { notYet } from './not-yet.ts';
import { openSystem } from './open-system.ts';
import { SystemNotAsInstalled } from './run-errors.ts';

/** What the installed system says about itself, held against the spec. */
export type Verified = {
  partitions: VerifiedPartition[];
  rootBytes: number;
  hostKeyFingerprint: string;
  failedUnits: string[];
};

/** The comparison of the installed system with the spec, from inside. */
export function createVerifyActivities(dependencies: Dependencies) {
  return {
    /**
     * Layout, filesystems and mounts as the spec says, or SystemNotAsInstalled. A mount may take a
     * moment after the boot, so a difference counts only when the time is up. Read-only.
     */
    async verify(
      plan: Plan,
      system: System,
      layout: SolvedLayout | null,
      wait: { sinceMs: number; deadlineMs: number; pace: Pace },
    ): Promise<Verified> {
      await using open = await openSystem(dependencies, plan.target, system);
      const facts = parseInstalledFacts((await open.scripts.runOk('verify', [])).stdout);
      const partitions = compareLayout(layout, facts);
      const different = partitions.filter((partition) => !partition.asSpecified);
      if (different.length > 0) {
        const seen = different
          .map((partition) => `${partition.name}: ${partition.difference ?? 'differs'}`)
          .join('; ');
        beat({ label: seen });
        if (Date.now() < wait.sinceMs + wait.deadlineMs) throw notYet(seen, wait.pace.pollMs);
        throw new SystemNotAsInstalled(
          `${plan.target.server} is not as the spec says: ${seen}. Nothing was changed by looking.`,
        );
      }
      return {
        partitions,
        rootBytes: rootEntry(facts.table).sizeSectors * 512,
        hostKeyFingerprint: keyFingerprint(system.hostKey),
        failedUnits: facts.failedUnits,
      };
    },
  };
}
