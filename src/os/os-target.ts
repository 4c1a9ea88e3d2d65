/** A release, resolved and verified at `preflight`: from here on only its digest counts. */
export type ImageRelease = {
  os: 'flatcar';
  channel: string;
  version: string;
  /** The compressed image, and how it is compressed. */
  url: string;
  compression: 'zst' | 'bz2';
  /** Of the compressed file: signed by the release key, checked again on the server. */
  sha512: string;
  compressedBytes: number;
  /** Fingerprint of the primary key that signed, and the kind of signature that was checked. */
  signedBy: string;
  signature: 'digest-list' | 'detached';
};

/** A partition that the machine config must know: for its mount unit. */
export type MountedPartition = {
  name: string;
  partUuid: string;
  filesystem: string;
  mount: string | null;
};

/**
 * The machine config as recorded in the run: complete but for the private host key, which is
 * filled in by the worker that writes it (invariant 7).
 */
export type RenderedConfig = {
  /** Ignition JSON, parent of the user's own. */
  ignition: string;
  /** The user's legacy cloud-config, byte for byte. */
  userData: string | null;
};
