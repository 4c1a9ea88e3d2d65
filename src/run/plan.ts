import type { ImageRelease } from '../os/os-target.ts';
import type { DiskSelector, LayoutSpec, ServerSpec } from '../spec/server-spec.ts';

/** How activities find the server. Small, because every activity carries it. */
export type RunTarget = {
  server: string;
  provider: ServerSpec['provider'];
  address: string;
  sshPort: number;
};

/** The server as the provider describes it, and what opens it: what every kind of run needs. */
export type ServerAccess = {
  target: RunTarget;
  /** Public halves of the keys of this server, as OpenSSH lines. */
  keys: Record<KeyPurpose, string>;
  /** The rescue image that the spec asks for; null: the provider's newest. */
  rescueImage: string | null;
};

/** How the layout is reached; `whole-disk` when the spec asks for none. */
export type Apply = 'presize' | 'shrink' | 'whole-disk';

/** What `preflight` decided, recorded as plain values so that its code may change under a run. */
export type Plan = ServerAccess & {
  headline: string;
  release: ImageRelease;
  apply: Apply;
  disk: DiskSelector;
  layout: LayoutSpec | null;
  /** PARTUUID of each partition of the layout by name: the config names them before they exist. */
  partUuids: Record<string, string>;
  configDigest: string;
  warnings: string[];
  /** One line of what preflight saw, for the timeline. */
  summary: string;
};

/** A system that answered over SSH and was proven to be what it should be. */
export type System = {
  kind: 'rescue' | 'installed';
  bootId: string;
  /** OpenSSH line; pinned for everything that is later asked of this system. */
  hostKey: string;
  user: string;
  /** From the reset or reboot to the SSH banner. */
  waitedMs: number;
  kernel: string;
};

/** Which secret of the worker opens a system. */
export type KeyPurpose = 'login' | 'rescue' | 'host';

/** What the first boot proved about itself. */
export type FirstBootProof = {
  osVersion: string;
  rootBytes: number;
  failedUnits: string[];
  state: string;
};
