import { setTimeout as sleep } from 'node:timers/promises';

import { blows } from './blows.ts';
import type { Scene } from './blows.ts';
import type { PlannedStrike } from './plan.ts';
import { Progression } from './points.ts';
import type { Sign } from './points.ts';
import type { Strike } from './result.ts';

const lookMs = 50;

/**
 * Strikes at the points of a plan, one blow after the other. A point that has passed while the dust
 * of the blow before was settling is made up for at once, wherever the run is by then.
 */
export class Disturber {
  readonly done: Strike[] = [];
  readonly #scene: Scene;
  readonly #planned: PlannedStrike[];
  readonly #progression = new Progression();
  readonly #beganAtMs = performance.now();
  readonly #onStruck: (strike: Strike) => void;
  #striking: Promise<void> | null = null;
  #ended = false;
  readonly #over: Promise<void>;

  constructor(scene: Scene, planned: PlannedStrike[], onStruck: (strike: Strike) => void) {
    this.#scene = scene;
    this.#planned = [...planned];
    this.#onStruck = onStruck;
    this.#over = this.#keepLooking();
  }

  /** Hears a sign of the run. */
  hear(sign: Sign): void {
    this.#progression.hear(sign);
  }

  /** Hears a sign that can be held: resolves once what is due here has been struck. */
  async hearHeld(sign: Sign): Promise<void> {
    if (!this.#progression.hear(sign) || this.#striking !== null) return;
    const next = this.#takeDue();
    if (next === null) return;
    await new Promise<void>((struck) => this.#strike({ ...next, delayMs: 0 }, struck));
  }

  /** Nothing more is begun. Returns when the last blow's dust has settled. */
  async end(): Promise<void> {
    this.#ended = true;
    await this.#over;
    await this.#striking;
  }

  async #keepLooking(): Promise<void> {
    while (!this.#ended) {
      if (this.#striking === null) {
        const next = this.#takeDue();
        if (next !== null) this.#strike(next, () => undefined);
      }
      await sleep(lookMs);
    }
  }

  #takeDue(): PlannedStrike | null {
    const index = this.#planned.findIndex(({ at }) => {
      if (typeof at !== 'string') return performance.now() - this.#beganAtMs >= at.afterMs;
      return this.#progression.hasReached(at);
    });
    return index === -1 ? null : (this.#planned.splice(index, 1)[0] ?? null);
  }

  #strike({ kind, delayMs }: PlannedStrike, struck: () => void): void {
    const strike = async (): Promise<void> => {
      await sleep(delayMs);
      const blow: Strike = { kind, point: this.#progression.current, atMs: 0 };
      const fell = () => {
        blow.atMs = Math.round(performance.now() - this.#beganAtMs);
        blow.point = this.#progression.current;
        this.#onStruck(blow);
        struck();
      };
      if (await blows[kind](this.#scene, fell)) this.done.push(blow);
    };
    this.#striking = strike().finally(() => {
      struck();
      this.#striking = null;
    });
  }
}
