/**
 * What a provider refused or failed to do. One class per thing that an operator would do
 * differently; the class name is the failure type that Temporal's retry policy sees.
 */
export abstract class ProviderError extends Error {
  override name = 'ProviderError';
  /** The provider's id of the request (OVH: X-Ovh-QueryID), for its support. */
  readonly requestId: string | null;

  constructor(message: string, options: { cause?: unknown; requestId?: string | null } = {}) {
    super(message, { cause: options.cause });
    this.requestId = options.requestId ?? null;
  }
}

/**
 * The account's key is wrong, expired or lacks a right. A person must make a new key.
 *
 * @where preflight, any phase
 * @changed Nothing: the provider refused the call.
 * @remedy Make a key with the rights that the message names, on the platform where the server is
 *   rented, and put it into credentials.yaml. Then resume.
 * @example
 * GET https://eu.api.kimsufi.com/1.0/dedicated/server/ns3012345 was answered 403 INVALID_KEY: \
 * Invalid key (query EU.ext-1). Check the account's keys and endpoint in credentials.yaml: a \
 * key works only on the platform where it was made, and expires. The clock was compared with \
 * OVH's.
 */
export class ProviderAccessRefused extends ProviderError {
  override name = 'ProviderAccessRefused';
}

/**
 * The account has no such server, or the server has no such thing.
 *
 * @where preflight, rescue, boot
 * @changed Nothing.
 * @remedy Correct provider.service or rescue.image in the spec, or ask the provider.
 * @example
 * The account has no server ns3012345; it has ns3067890. Correct provider.service.
 */
export class ProviderNotFound extends ProviderError {
  override name = 'ProviderNotFound';
}

/**
 * The provider understood and said no; asking again changes nothing.
 *
 * @where any phase
 * @changed Nothing: the provider understood and said no.
 * @remedy Read the provider's own words in the message; put right what they name in its panel,
 *   then resume.
 * @example
 * The settings of ns3012345 cannot be put back on ns3067890.
 */
export class ProviderRequestInvalid extends ProviderError {
  override name = 'ProviderRequestInvalid';
}

/**
 * Down, overloaded, rate limiting or not answering. Trying again later helps.
 *
 * @where any phase
 * @changed Nothing that is known: a call that only asks may be sent again.
 * @remedy Wait. If it lasts, look at the provider's status page.
 * @example
 * GET https://eu.api.ovh.com/1.0/dedicated/server/ns3012345: no answer within 15s. Trying again \
 * later helps.
 */
export class ProviderUnavailable extends ProviderError {
  override name = 'ProviderUnavailable';
}

/**
 * A call that changes something may or may not have been carried out. Never send it again
 * blindly: look first (`findReset`).
 *
 * @where rescue, boot
 * @changed A reset may or may not have been sent; no second one was.
 * @remedy Look at the server in the provider's panel. Resume when you know: the run looks for the
 *   reset before it sends another.
 * @example
 * 2 hard resets of core1 were sent, and the provider shows no task of them. Nothing more was \
 * sent. Look at the server in the provider's panel, then resume.
 */
export class ProviderOutcomeUnknown extends ProviderError {
  override name = 'ProviderOutcomeUnknown';
}

/**
 * The server's contract has expired or it is blocked. Only the provider's panel helps.
 *
 * @where any phase
 * @changed Nothing.
 * @remedy Renew or unblock the server in the provider's panel, then resume.
 * @example
 * PUT https://eu.api.ovh.com/1.0/dedicated/server/ns3012345 was answered 460: This service is \
 * expired (query EU.ext-1). Renew or unblock it in OVH's panel.
 */
export class ProviderServiceBlocked extends ProviderError {
  override name = 'ProviderServiceBlocked';
}
