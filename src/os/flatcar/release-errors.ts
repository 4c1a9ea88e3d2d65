/**
 * The release server has no such release. The spec's channel, version or mirror is wrong.
 *
 * @where preflight
 * @changed Nothing.
 * @remedy Correct image.channel, image.version or image.mirror.
 * @example
 * image.mirror office is neither a URL nor in the worker's mirrors.yaml (there: none). Nothing \
 * was changed.
 */
export class ReleaseNotFound extends Error {
  override name = 'ReleaseNotFound';
}

/**
 * The release server is down, overloaded or out of reach. Trying again later helps.
 *
 * @where preflight
 * @changed Nothing.
 * @remedy Wait, or name another mirror.
 * @example
 * https://stable.release.flatcar-linux.net/amd64-usr/current/version.txt was answered with 503. \
 * Nothing was changed.
 */
export class ReleaseServerUnavailable extends Error {
  override name = 'ReleaseServerUnavailable';
}

/**
 * What the release server offers is not signed by the key that was asked for, or is not what was
 * signed. Never installed; a person must find out who is wrong.
 *
 * @where preflight
 * @changed Nothing was installed, and nothing of it was used.
 * @remedy Find out who is wrong: the mirror, the key that you named, or somebody in between. Never
 *   work around it.
 * @example
 * https://mirror.example.org/stable/key.asc holds the key of nobody; expected \
 * F88CFEDE03B2B6B6D7E5D7D6A3C1E2F40593B34A. If you trust that key, say so with image.signedBy. \
 * Nothing was changed.
 */
export class SignatureRefused extends Error {
  override name = 'SignatureRefused';
}
