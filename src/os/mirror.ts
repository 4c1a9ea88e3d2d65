/** A release server and the key it is trusted by. The worker's mirrors.yaml names some. */
export type Mirror = {
  /** Base URL up to `/amd64-usr/…`; `{channel}` stands for the channel. */
  url: string;
  /** Fingerprint of the primary OpenPGP key, upper-case hex without spaces. */
  signedBy: string;
  /** Where the public key itself is: an absolute path or an http(s) URL. */
  key: string;
};
