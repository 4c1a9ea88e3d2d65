import { parseInstalledFacts } from '../disk/installed-facts.ts';
import type { SolvedLayout } from '../disk/layout.ts';
import { compareLayout } from '../disk/verify-layout.ts';
import type { Plan, System } from '../run/plan.ts';
import type { Dependencies } from './dependencies.ts';
import { parseFacts, stampDifference } from './first-boot.ts';
import { solvedOn } from './inspect.ts';
import { openSystem } from './open-system.ts';
import { isOurs, repartitionReceipt } from './receipt.ts';

/** The running system is what the plan would install. */
export type Recognised = {
  layout: SolvedLayout | null;
  /** The layout is reached as well; with `shrink`, its transaction is finished. */
  finished: boolean;
  /** What the shrink proved is in the report of the run that did it. */
  repartitioned: null;
};

/** A run that begins on a server where an earlier one got far. */
export function createRecogniseActivities(dependencies: Dependencies) {
  return {
    /**
     * Is the system that answers under its pinned key the one of this very plan (image and config
     * by its stamp, layout by the table and our receipt)? Null: it is another. Read-only.
     */
    async recognise(plan: Plan, system: System): Promise<Recognised | null> {
      await using open = await openSystem(dependencies, plan.target, system);
      const firstBoot = parseFacts((await open.scripts.runOk('first-boot', [])).stdout);
      if (stampDifference(plan, firstBoot.get('stamp') ?? '') !== null) return null;
      if (plan.layout === null) return { layout: null, finished: true, repartitioned: null };
      const facts = parseInstalledFacts((await open.scripts.runOk('verify', [])).stdout);
      const { disk, receipts, table } = facts;
      const layout = solvedOn(plan, { ...disk, table });
      const reached = compareLayout(layout, facts).every(({ asSpecified }) => asSpecified);
      const receipt = repartitionReceipt(plan, disk, layout);
      const shrunk =
        isOurs(dependencies, receipts['repartition.json'], receipt) &&
        receipts['repartition.begun'] === undefined;
      const finished = plan.apply === 'presize' || (reached && shrunk);
      return { layout, finished, repartitioned: null };
    },
  };
}
