import { createHash } from 'node:crypto';

/** What OVH signs: the exact bytes that are sent, at the time of its clock. */
export type SignedRequest = {
  applicationSecret: string;
  consumerKey: string;
  method: string;
  /** With scheme, port and query. */
  url: string;
  /** Empty when the request has none. */
  body: string;
  timestampSeconds: number;
};

/** The value of X-Ovh-Signature, as in ovh/go-ovh `ovh.go` (its vectors were recomputed: equal). */
export function ovhSignature(request: SignedRequest): string {
  const { applicationSecret, consumerKey, method, url, body, timestampSeconds } = request;
  const signed = [applicationSecret, consumerKey, method, url, body, timestampSeconds].join('+');
  return `$1$${createHash('sha1').update(signed).digest('hex')}`;
}
