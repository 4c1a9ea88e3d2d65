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

/** How many runs, and how many strikes at named points in each. */
const programme = [
  { apply: 'shrink', runs: 2, strikes: 12 },
  { apply: 'presize', runs: 5, strikes: 9 },
] as const;

/**
 * The full programme: runs with many kills each, since a run takes minutes and a kill seconds. Every
 * named point is struck in at least one of them, every kind in turn, and in each run something at a
 * random time.
 */
export function fullPlan(seed: number): PlannedRun[] {
  const dice = new Dice(seed);
  const turns = new Turns(dice);
  return programme.flatMap(({ apply, runs, strikes }) => {
    const own = points.filter((point) => apply === 'shrink' || !shrinkPoints.includes(point));
    const chosen = dealt(dice, own, { hands: runs, each: strikes });
    return chosen.map((hand) => {
      const random = dice.randomStrike(dice.oneOf(kinds));
      return inOrder({ apply, strikes: [...hand.map((point) => turns.strikeAt(point)), random] });
    });
  });
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

/** Deals points to runs: each of them before any a second time, and none twice to one run. */
function dealt(dice: Dice, all: Point[], { hands, each }: { hands: number; each: number }) {
  let pile: Point[] = [];
  return Array.from({ length: hands }, () => {
    const hand: Point[] = [];
    while (hand.length < each) {
      if (pile.length === 0) pile = dice.shuffled(all.filter((point) => !hand.includes(point)));
      const point = pile.pop();
      if (point !== undefined && !hand.includes(point)) hand.push(point);
    }
    return hand;
  });
}

/** Kinds one after the other, so that none is left out; who can do nothing at a point is passed. */
class Turns {
  readonly #dice: Dice;
  #waiting: Kind[] = [];
  #stoppedBeforeReset = false;

  constructor(dice: Dice) {
    this.#dice = dice;
  }

  strikeAt(point: Point): PlannedStrike {
    // The one who could reset a server twice: he wakes up late, with his reset still to be sent.
    if (point === 'before-reset' && !this.#stoppedBeforeReset) {
      this.#stoppedBeforeReset = true;
      return this.#dice.strike('worker-sigstop', point);
    }
    const fits = (kind: Kind) => !sshKinds.includes(kind) || sshPoints.includes(point);
    if (!this.#waiting.some(fits)) this.#waiting.push(...this.#dice.shuffled(kinds));
    const index = this.#waiting.findIndex(fits);
    const [kind = 'worker-sigkill'] = this.#waiting.splice(index, 1);
    return this.#dice.strike(kind, point);
  }
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

  strike(kind: Kind, at: Point): PlannedStrike {
    return { kind, at, delayMs: Math.floor(this.#random() * delayMsMax) };
  }

  randomStrike(kind: Kind): PlannedStrike {
    const afterMs = Math.floor(this.#random() * runTakesMs);
    return { kind, at: { afterMs }, delayMs: 0 };
  }
}
