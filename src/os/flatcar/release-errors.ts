/** The release server has no such release. The spec's channel, version or mirror is wrong. */
export class ReleaseNotFound extends Error {
  override name = 'ReleaseNotFound';
}

/** The release server is down, overloaded or out of reach. Trying again later helps. */
export class ReleaseServerUnavailable extends Error {
  override name = 'ReleaseServerUnavailable';
}

/**
 * What the release server offers is not signed by the key that was asked for, or is not what was
 * signed. Never installed; a person must find out who is wrong.
 */
export class SignatureRefused extends Error {
  override name = 'SignatureRefused';
}
