import type { Surroundings } from '../run/answering.ts';
import type { System } from '../run/plan.ts';
import type { JobTrace } from '../run/status.ts';
import { bootSeen } from './run-telemetry.ts';
import type { ServerRun } from './server-run.ts';

/** What the run has seen boot, and which system answered last. */
export type Boots = {
  ids: string[];
  /** From power or reset to the SSH banner, summed over the boots. */
  waitedMs: number;
  /** What the host recorded about its jobs. */
  jobs: JobTrace[];
  /** The system that answered last; null: none that knows us. Good until a reboot. */
  last: System | null;
  /** `last` was asked for and still holds; else it must be asked again. */
  known: boolean;
  /** A reboot was sent, and what came up is not proven yet. */
  underWay: { to: 'rescue' } | { to: 'disk'; from: System | null } | null;
  /** Epoch milliseconds of workflow time of the last reset: the next one keeps its distance. */
  lastResetMs: number | null;
  /** Fingerprint of the host key that answered before the first reset of a system not ours. */
  oldHostKey: string | null;
  /** From the last `armRescue`: newer mails of the provider are about the boot that it armed. */
  mailWatermark: number | null | undefined;
  /** What came of each rung of the ladder in the last climb, a line each. */
  climbed: string[];
  /** What was seen around the server when the last climb failed; null: it did not. */
  seen: Surroundings | null;
};

/** Nothing was seen yet. */
export function noBoots(): Boots {
  return {
    ...{ ids: [], waitedMs: 0, jobs: [], last: null, known: false, underWay: null },
    ...{ lastResetMs: null, oldHostKey: null, mailWatermark: undefined, climbed: [], seen: null },
  };
}

/** Adds a proven system to what the run has seen boot. */
export function remember(run: ServerRun, boots: Boots, system: System): void {
  if (!boots.ids.includes(system.bootId)) {
    boots.ids.push(system.bootId);
    boots.waitedMs += system.waitedMs;
    bootSeen(system);
  }
  boots.last = system;
  boots.known = true;
  boots.underWay = null;
  run.answers(system);
}

/** Nothing proven about a boot holds for the next one. */
export function forget(run: ServerRun, boots: Boots): void {
  boots.last = null;
  boots.known = false;
  run.answers(null);
}

/** `15s` for the timeline. */
export function seconds(durationMs: number): string {
  return `${Math.round(durationMs / 1000)}s`;
}
