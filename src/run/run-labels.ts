import { phases, type Phase } from './status.ts';

/**
 * By which a line of a log, a span or a failure is found again. Every activity carries them in a
 * header, and headers are not encrypted: so these names, and nothing else.
 */
export type RunLabels = {
  server: string;
  phase: Phase;
  attempt: number;
  /** The phase's position in the timeline, from 1: one phase may be there several times. */
  entry: number;
};

/** The header of an activity that holds its RunLabels. */
export const runLabelsHeader = 'ironstep-run';

/**
 * The labels in what a header says, or undefined: a run may have been started by another version
 * of ironstep, and what is only for reading must never stop it.
 */
export function runLabelsIn(value: unknown): RunLabels | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { server, phase, attempt, entry } = value as Partial<Record<keyof RunLabels, unknown>>;
  const known = phases.find((each) => each === phase);
  if (typeof server !== 'string' || typeof attempt !== 'number') return undefined;
  return known && { server, phase: known, attempt, entry: typeof entry === 'number' ? entry : 0 };
}
