/**
 * What a provider refused or failed to do. One class per thing that an operator would do
 * differently; the class name is the failure type that Temporal's retry policy sees.
 */
export class ProviderError extends Error {
  override name = 'ProviderError';
  /** The provider's id of the request (OVH: X-Ovh-QueryID), for its support. */
  readonly requestId: string | null;

  constructor(message: string, options: { cause?: unknown; requestId?: string | null } = {}) {
    super(message, { cause: options.cause });
    this.requestId = options.requestId ?? null;
  }
}

/** The account's key is wrong, expired or lacks a right. A person must make a new key. */
export class ProviderAccessRefused extends ProviderError {
  override name = 'ProviderAccessRefused';
}

/** The account has no such server, or the server has no such thing. */
export class ProviderNotFound extends ProviderError {
  override name = 'ProviderNotFound';
}

/** The provider understood and said no; asking again changes nothing. */
export class ProviderRequestInvalid extends ProviderError {
  override name = 'ProviderRequestInvalid';
}

/** Down, overloaded, rate limiting or not answering. Trying again later helps. */
export class ProviderUnavailable extends ProviderError {
  override name = 'ProviderUnavailable';
}

/**
 * A call that changes something may or may not have been carried out. Never send it again blindly:
 * look first (`findReset`).
 */
export class ProviderOutcomeUnknown extends ProviderError {
  override name = 'ProviderOutcomeUnknown';
}

/** The server's contract has expired or it is blocked. Only the provider's panel helps. */
export class ProviderServiceBlocked extends ProviderError {
  override name = 'ProviderServiceBlocked';
}
