import { createHash, timingSafeEqual } from 'node:crypto';

/** How far a client's clock may be off. OVH's real window is not known; another fake has this. */
export const clockWindowSeconds = 180;

export type SignedCall = {
  method: string;
  /** With scheme, port and query, as the client saw it. */
  url: string;
  /** The exact bytes received. */
  body: string;
  timestamp: string;
};

/**
 * What a client must send as X-Ovh-Signature. Written apart from the product's own on purpose: a
 * shared function could be wrong on both sides.
 */
export function expectedSignature(
  keys: { applicationSecret: string; consumerKey: string },
  call: SignedCall,
): string {
  const hash = createHash('sha1');
  hash.update(`${keys.applicationSecret}+${keys.consumerKey}+`);
  hash.update(`${call.method}+${call.url}+${call.body}+${call.timestamp}`);
  return `$1$${hash.digest('hex')}`;
}

/** Compares two signatures. */
export function sameSignature(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/** Is a timestamp (seconds, as sent) near enough to OVH's clock? */
export function isTimely(timestamp: string, nowMs: number): boolean {
  if (!/^\d{1,12}$/.test(timestamp)) return false;
  return Math.abs(Number(timestamp) - nowMs / 1000) <= clockWindowSeconds;
}
