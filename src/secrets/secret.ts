import { inspect } from 'node:util';

/**
 * A value that does not show itself: in logs, JSON, templates and error dumps it reads `[secret]`
 * (invariant 7). Only `reveal` gives it away, so every use can be found by that word.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return '[secret]';
  }

  toJSON(): string {
    return '[secret]';
  }

  [inspect.custom](): string {
    return '[secret]';
  }
}
