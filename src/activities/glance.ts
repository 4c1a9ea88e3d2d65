import type { RunTarget, System } from '../run/plan.ts';
import type { Dependencies } from './dependencies.ts';
import { askForOurInstalled, lookForRescue, showsBanner } from './rescue-answer.ts';

/** What answers on the SSH port just now. */
export type Glance =
  | { kind: 'silent' }
  /** It takes no key of ours: an old system, or one that somebody else installed. */
  | { kind: 'stranger' }
  | { kind: 'rescue'; system: System }
  | { kind: 'installed'; system: System };

/** A busy server says its banner late; a person waits. */
const looks = 2;

/** A look from outside that leaves no trace on the server. */
export function createGlanceActivities(dependencies: Dependencies) {
  return {
    /**
     * Which system answers now. Unlike `whoAnswers` it claims nothing: whoever asks does not hold
     * the server's lock. Read-only.
     */
    async glance(target: RunTarget): Promise<Glance> {
      if (!(await showsBanner(target, looks))) return { kind: 'silent' };
      const wait = { sentAtMs: Date.now(), knownBootIds: [] };
      const rescue = await lookForRescue(dependencies, target, wait, Date.now());
      if (rescue.kind === 'rescue') return rescue;
      const system = await askForOurInstalled(dependencies, target);
      return system === null ? { kind: 'stranger' } : { kind: 'installed', system };
    },
  };
}
