import type { Kind } from './blows.ts';
import type { PlannedRun } from './plan.ts';
import type { Point } from './points.ts';

/** One kill as it was. */
export type Strike = {
  kind: Kind;
  /** Where the run was; null before it had begun. */
  point: Point | null;
  /** Since the run began. */
  atMs: number;
};

/** What one boot of the rescue system did to the disk. */
export type RescueBoot = {
  number: number;
  writtenBytes: number;
  /** Which work was begun in it: all that writes. */
  wrote: 'install' | 'repartition' | null;
  /** Its power was cut: what it had begun has to be done again. */
  cut: boolean;
};

/** All that was seen of one run. */
export type RunResult = {
  apply: PlannedRun['apply'];
  /** Ready, and every partition as the spec says. */
  finished: boolean;
  /** Why a person was asked for help; nobody should be. */
  askedForHelp: string[];
  /** How many kills were meant for it; 0 is a run that nobody disturbed. */
  planned: number;
  strikes: Strike[];
  seconds: number;
  rescueBoots: RescueBoot[];
  /** Starts beyond the first of each job within a boot, as its host counted them. */
  jobsStartedTwice: number;
  /** Hard resets beyond the first, when no power was cut. */
  resetsTwice: number;
  /** Names of settings that are not as before. */
  settingsNotRestored: string[];
  /** From a new worker's start until it was at the job of the one that was killed. */
  reattachedMs: number[];
  /** The run's own words, kept when something was wrong with it. */
  story: string[];
};
