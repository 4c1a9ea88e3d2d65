import { z } from 'zod';

import {
  ProviderAccessRefused,
  ProviderNotFound,
  ProviderOutcomeUnknown,
  ProviderRequestInvalid,
  ProviderServiceBlocked,
  ProviderUnavailable,
} from '../provider-error.ts';
import type { ProviderError } from '../provider-error.ts';

/** What OVH says when it says no; python-ovh `exceptions.py` and go-ovh `error.go`. */
const bodySchema = z.looseObject({
  message: z.string().nullish(),
  class: z.string().nullish(),
  errorCode: z.string().nullish(),
  details: z
    .looseObject({
      unauthorizedActionsByAuthentication: z.unknown().optional(),
      unauthorizedActionsByIAM: z.unknown().optional(),
    })
    .nullish()
    .catch(null),
});

/** A request that was answered with something else than success. */
export type Refusal = {
  /** Method and URL, for the message. */
  request: string;
  method: 'GET' | 'PUT' | 'POST';
  status: number;
  /** OVH's errorCode, e.g. INVALID_KEY. */
  errorCode: string | null;
  /** OVH's error class, e.g. Client::Conflict::DisturbAlreadyExists. */
  errorClass: string | null;
  /** OVH's own words; null when the answer was not JSON (a proxy's error page). */
  message: string | null;
  missingRights: string | null;
  requestId: string | null;
};

/** Reads an answer that is not 2xx. Its body is used only when it is OVH's JSON. */
export function readRefusal(
  sent: Pick<Refusal, 'request' | 'method'>,
  response: { status: number; headers: Headers },
  body: string,
): Refusal {
  const parsed = bodySchema.safeParse(parseJson(body));
  const said = parsed.success ? parsed.data : {};
  const rights =
    said.details?.unauthorizedActionsByAuthentication ?? said.details?.unauthorizedActionsByIAM;
  return {
    ...sent,
    status: response.status,
    errorCode: said.errorCode ?? null,
    errorClass: said.class ?? null,
    message: said.message?.slice(0, 300) ?? null,
    missingRights: rights === undefined ? null : JSON.stringify(rights).slice(0, 200),
    requestId: response.headers.get('x-ovh-queryid'),
  };
}

/**
 * A key that OVH does not know or a signature that it does not accept: also what it answers to a
 * stale timestamp, so worth one look at its clock.
 */
export function mayBeClock(refusal: Refusal): boolean {
  return refusal.errorCode === 'INVALID_KEY' || refusal.errorCode === 'INVALID_SIGNATURE';
}

/** The error class that tells the operator what to do. */
export function refusalError(refusal: Refusal): ProviderError {
  const { status, request, requestId } = refusal;
  const words = refusal.message ?? 'no explanation in OVH’s form';
  const code = refusal.errorCode === null ? '' : ` ${refusal.errorCode}`;
  const query = requestId === null ? '' : ` (query ${requestId})`;
  const seen = `${request} was answered ${status}${code}: ${words}${query}.`;
  const options = { requestId };
  if (status === 401 || status === 403 || mayBeClock(refusal)) {
    return new ProviderAccessRefused(`${seen} ${accessAdvice(refusal)}`, options);
  }
  if (status === 404) return new ProviderNotFound(seen, options);
  if (status === 460) {
    return new ProviderServiceBlocked(`${seen} Renew or unblock it in OVH's panel.`, options);
  }
  if (status === 408 || status === 429 || status >= 500) {
    return refusal.method === 'POST'
      ? new ProviderOutcomeUnknown(`${seen} It may have been carried out all the same.`, options)
      : new ProviderUnavailable(`${seen} Trying again later helps.`, options);
  }
  if (status === 409 || /AlreadyExists$/.test(refusal.errorClass ?? '')) {
    return new ProviderUnavailable(`${seen} Something else is under way on the server.`, options);
  }
  return new ProviderRequestInvalid(seen, options);
}

function accessAdvice(refusal: Refusal): string {
  if (refusal.missingRights !== null) {
    return `The key lacks the rights ${refusal.missingRights}; grant them in OVH's panel.`;
  }
  if (refusal.errorCode === 'NOT_GRANTED_CALL') {
    return `The consumer key does not cover this call; make one that does.`;
  }
  return (
    `Check the account's keys and endpoint in credentials.yaml: a key works only on the platform ` +
    `where it was made, and expires. The clock was compared with OVH's.`
  );
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return null;
  }
}
