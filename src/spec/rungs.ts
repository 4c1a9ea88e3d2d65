/**
 * What a run does, one after the other, when rescue does not come up (`rescue.ladder`). Before each
 * reset the provider's tasks and technicians are waited for; after the last rung a person is asked.
 */
export const rungs = ['in-band-reboot', 'hard-reset', 're-arm', 'other-image'] as const;

export type Rung = (typeof rungs)[number];

/** A ladder is bounded: a server that is reset again and again is one that the provider blocks. */
export const rungsMax = 8;

/**
 * A clean reboot when the system knows us, one hard reset, and one more after the boot target was
 * written anew: a netboot that was missed once mostly works the second time (facts: F6).
 */
export const defaultLadder: readonly Rung[] = ['in-band-reboot', 'hard-reset', 're-arm'];

/** The rungs in a text like `hard-reset,re-arm`; null when a word is none, or there are too many. */
export function parseLadder(text: string): Rung[] | null {
  const words = text.split(/[\s,]+/).filter((word) => word !== '');
  const ladder = words.flatMap((word) => rungs.filter((rung) => rung === word));
  const whole = ladder.length === words.length && ladder.length > 0;
  return whole && ladder.length <= rungsMax ? ladder : null;
}
