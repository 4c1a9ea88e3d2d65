import type { WorkflowHandle } from '@temporalio/client';

import type { FaultInput } from '../../lab/scenario.ts';
import type { Rung } from '../../src/spec/rungs.ts';
import type { RescueField } from './field.ts';

/** How a scenario has to end: with a finished run, a run that is refused, or one that waits. */
export type Ends =
  | { kind: 'finished' }
  | { kind: 'refused'; words: RegExp }
  | { kind: 'waits'; attention: 'rescue' | 'failed'; words: RegExp };

/** One way in which the provider or the machine may fail, and how a run has to end then. */
export type RescueScenario = {
  /** What goes wrong: `F6` of the fault table (providers.md §7), or a rung of the ladder. */
  of: string;
  title: string;
  ladder?: Rung[];
  faults?: FaultInput[];
  /** What is so before the run begins. */
  field?: (field: RescueField) => void;
  /** What happens meanwhile. */
  meanwhile?: (field: RescueField, handle: WorkflowHandle) => Promise<void>;
  /** What has to hold besides at the end. */
  holds?: (field: RescueField) => boolean;
  ends: Ends;
  /** Hard resets that the machine has had at the end. */
  resets: number;
};
