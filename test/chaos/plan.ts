import { seededRandom } from '../seeded-random.ts';
import { kinds, sshKinds, sshPoints } from './blows.ts';
import type { Kind } from './blows.ts';
import { points, shrinkPoints } from './points.ts';
import type { Point } from './points.ts';

/** One kill as it is meant: at a point, or at a random time. */
export type PlannedStrike = {
  kind: Kind;
  at: Point | { afterMs: number };
  /** After the point was seen; a call of the API that is held there is struck at once. */
  delayMs: number;
};

export type PlannedRun = { apply: 'presize' | 'shrink'; strikes: PlannedStrike[] };

/** An undisturbed presize run of a lab machine takes about so long without load. */
const runTakesMs = 45_000;
const delayMsMax = 1_500;

/** What nobody disturbs: by its bytes the disturbed runs are measured. */
export function undisturbed(apply: PlannedRun['apply']): PlannedRun {
  return { apply, strikes: [] };
}

/**
 * The full programme: for each kind a run with nothing else, then runs with everything, in which
 * every named point is struck at least once, and a kill at a random time in each.
 */
export function fullPlan(seed: number): PlannedRun[] {
  const dice = new Dice(seed);
  const alone = kinds.map((kind) => {
    const apply = dice.oneOf(['presize', 'presize', 'shrink'] as const);
    const strikes = dice
      .some(pointsFor(kind, apply), strikesPerRun - 1)
      .map((point) => dice.strike(kind, point));
    return inOrder({ apply, strikes: [...strikes, dice.randomStrike(kind)] });
  });
  return [...alone, ...mixedRuns(dice)];
}

/** A few minutes of it: one run, every kind but one that only waits. */
export function samplePlan(seed: number): PlannedRun[] {
  const dice = new Dice(seed);
  const strikes: [Kind, Point][] = [
    ['worker-sigstop', 'before-reset'],
    ['temporal-sigkill', 'rescue-booting'],
    ['sshd-sigkill', 'inspect'],
    ['api-sigkill', 'stage-image'],
    ['power-cut', 'write-begin'],
    ['worker-sigkill', 'write-middle'],
    ['ssh-cut', 'before-commit'],
    ['worker-sigterm', 'disk-booting'],
    ['temporal-sigkill', 'verify'],
  ];
  return [{ apply: 'presize', strikes: strikes.map(([kind, point]) => dice.strike(kind, point)) }];
}

const strikesPerRun = 5;

/** Every point once, by kinds in turn; shrink's own points in one run, the others in several. */
function mixedRuns(dice: Dice): PlannedRun[] {
  const inTurn = dice.shuffled(kinds);
  let turn = 0;
  const strikeAt = (point: Point): PlannedStrike => {
    for (;;) {
      const kind = inTurn[turn++ % inTurn.length] ?? 'worker-sigkill';
      if (!sshKinds.includes(kind) || sshPoints.includes(point)) return dice.strike(kind, point);
    }
  };
  const common = dice.shuffled(points.filter((point) => !shrinkPoints.includes(point)));
  const runs: PlannedRun[] = [inOrder({ apply: 'shrink', strikes: shrinkPoints.map(strikeAt) })];
  for (let from = 0; from < common.length; from += strikesPerRun - 1) {
    const strikes = common.slice(from, from + strikesPerRun - 1).map(strikeAt);
    strikes.push(dice.randomStrike(dice.oneOf(kinds)));
    runs.push(inOrder({ apply: 'presize', strikes }));
  }
  return runs;
}

function pointsFor(kind: Kind, apply: PlannedRun['apply']): Point[] {
  const all = sshKinds.includes(kind) ? sshPoints : points;
  return all.filter((point) => apply === 'shrink' || !shrinkPoints.includes(point));
}

/** In the order in which a run meets them; random times come when they come. */
function inOrder(run: PlannedRun): PlannedRun {
  const place = ({ at }: PlannedStrike) => (typeof at === 'string' ? points.indexOf(at) : -1);
  return { ...run, strikes: run.strikes.toSorted((one, other) => place(one) - place(other)) };
}

/** All chance comes from the seed. */
class Dice {
  readonly #random: () => number;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
  }

  oneOf<T>(items: readonly T[]): T {
    return items[Math.floor(this.#random() * items.length)] as T;
  }

  shuffled<T>(items: readonly T[]): T[] {
    return items
      .map((item) => ({ item, place: this.#random() }))
      .toSorted((one, other) => one.place - other.place)
      .map(({ item }) => item);
  }

  some<T>(items: readonly T[], count: number): T[] {
    return this.shuffled(items).slice(0, count);
  }

  strike(kind: Kind, at: Point): PlannedStrike {
    return { kind, at, delayMs: Math.floor(this.#random() * delayMsMax) };
  }

  randomStrike(kind: Kind): PlannedStrike {
    const afterMs = Math.floor(this.#random() * runTakesMs);
    return { kind, at: { afterMs }, delayMs: 0 };
  }
}
