import { inspect } from 'node:util';

import { rememberSecret } from './known-secrets.ts';

/**
 * A value that does not show itself: in logs, JSON, templates and error dumps it reads `[secret]`
 * (invariant 7). Only `reveal` gives it away, so every use can be found by that word; and what it
 * gives away is still taken out of everything that passes `redact`.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
    rememberSecret(value);
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
