/** A part of a run that is over, or the whole run, for traces. Times are the run's own, in ms. */
export type RunSpan = {
  name: string;
  /** The phase's position in the timeline, from 1; 0 is the whole run, in which the phases lie. */
  entry: number;
  startMs: number;
  endMs: number;
  attributes: Record<string, string | number>;
  /** The class of the error that ended it. */
  failure?: string;
};

/** A trace is named as its run, so that who has one finds the other: 32 hex digits (W3C). */
export function traceIdOf(runId: string): string {
  return runId.replaceAll('-', '');
}

/**
 * The span of a phase of a run, 16 hex digits. Made of the run's id and the phase's position: every
 * worker that has to do with the phase makes the same one, and none has to tell another.
 */
export function spanIdOf(runId: string, entry: number): string {
  return traceIdOf(runId).slice(16, 28) + entry.toString(16).padStart(4, '0');
}
