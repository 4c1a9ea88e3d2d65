import type { CredentialChannel, PasswordChannel, RescueBoot } from './rescue-password.ts';

/**
 * The one interface to a provider of rented servers. Small on purpose: a provider is an adapter,
 * and no workflow or activity knows which one it talks to.
 */
export interface Provider {
  readonly capabilities: Capabilities;
  /** What the provider says about the server. Read-only. */
  describe(signal?: AbortSignal): Promise<ServerDescription>;
  /** The settings that a run changes, to be saved before the first change (invariant 9). */
  readSettings(signal?: AbortSignal): Promise<SettingsSnapshot>;
  /**
   * A snapshot in words for a person, and what a run makes of each setting until it ends. Read-only.
   */
  settingsInWords(
    snapshot: SettingsSnapshot,
    ourPublicKey: string,
    signal?: AbortSignal,
  ): Promise<SettingInWords[]>;
  /**
   * The settings without what ironstep sets, and what nobody knows of them any more; null when
   * `snapshot` does not carry our rescue key. Asks nobody.
   */
  withoutOurMarks(
    snapshot: SettingsSnapshot,
    ourPublicKey: string,
  ): { snapshot: SettingsSnapshot; warning: string } | null;
  /** Monitoring off, no proactive intervention. Idempotent. */
  quiesce(signal?: AbortSignal): Promise<void>;
  /**
   * The next boot is rescue, with this public key of ours as its login. Idempotent. A key that the
   * provider does not take is left out, so that the boot has a password.
   */
  armRescue(
    request: { publicKey: string; image?: string },
    signal?: AbortSignal,
  ): Promise<RescueArmed>;
  /** Where root's password of a rescue boot may be found, in the order to try. Asks nobody yet. */
  passwordChannels(boot: RescueBoot): PasswordChannel[];
  /** The next boot is from disk. Idempotent. */
  armDisk(signal?: AbortSignal): Promise<void>;
  /** Highest task id the provider knows of this server; the watermark taken before a reset. */
  latestTaskId(signal?: AbortSignal): Promise<number>;
  /**
   * Sends a hard reset. Not idempotent: see `findReset`. Sends nothing after `sendByMs` (epoch
   * milliseconds), and throws ProviderUnavailable then: whoever asked may have been asleep.
   */
  hardReset(sendByMs: number, signal?: AbortSignal): Promise<ProviderTask>;
  /** A reset newer than the watermark, when the outcome of `hardReset` is unknown. */
  findReset(afterTaskId: number, signal?: AbortSignal): Promise<ProviderTask | null>;
  /**
   * One task. A task that the provider cannot find is `pending` while it is young, which only
   * `sentAtMs` (epoch milliseconds of the call that made it) can tell, else `unknown`.
   */
  task(taskId: number, signal?: AbortSignal, sentAtMs?: number): Promise<ProviderTask>;
  /** What the provider does with the server now: no reset may be sent meanwhile. Read-only. */
  workUnderWay(signal?: AbortSignal): Promise<WorkUnderWay>;
  /** Puts back all of `snapshot` but monitoring. Idempotent; reads back what it wrote. */
  restoreSettings(snapshot: SettingsSnapshot, signal?: AbortSignal): Promise<void>;
  /** Puts back monitoring and intervention flags: only once the server answers. Idempotent. */
  restoreMonitoring(snapshot: SettingsSnapshot, signal?: AbortSignal): Promise<void>;
}

export type Capabilities = {
  /** Does a chosen boot target hold for every later boot, or for the next one only? */
  bootSelection: 'sticky' | 'one-shot';
  resetTracking: 'task' | 'none';
  /** How one gets into its rescue system, in the order to try. */
  credentialChannels: readonly CredentialChannel[];
};

export type ServerDescription = {
  service: string;
  /** Where SSH answers. */
  address: string;
  datacenter: string | null;
  /** What forbids starting: expired, blocked for abuse, an open intervention. In words. */
  blockers: string[];
  /** Tasks that are still under way. */
  pendingTasks: ProviderTask[];
  bootTarget: 'disk' | 'rescue' | 'other';
  monitoring: boolean | null;
  hardware: Hardware | null;
  /** Rescue kernels that can be used, best first. */
  rescueImages: string[];
};

export type Hardware = {
  description: string;
  bootMode: 'bios' | 'uefi' | 'either' | null;
  memoryBytes: number | null;
  /** One entry per group of equal disks. Sizes are the maker's, so approximate. */
  disks: { count: number; sizeBytes: number; kind: string }[];
};

/** Saved in the run and in the worker's state store. Opaque to everything but its adapter. */
export type SettingsSnapshot = {
  service: string;
  takenAt: string;
  /** The provider's own fields by name, as read. An absent one is not known and stays as it is. */
  values: Record<string, string | number | boolean | null>;
};

/** One setting as a person reads it in the provider's panel. */
export type SettingInWords = {
  /** The provider's own name: the key in a snapshot. */
  name: string;
  /** In a person's words: "boot target". */
  label: string;
  /** "disk", "on", "none", "ironstep's". */
  value: string;
  /** What a run makes of it until it ends, in the same words; null: it is left alone. */
  meanwhile: string | null;
  /** The value is what a run makes of it. */
  asInRun: boolean;
};

export type WorkUnderWay = {
  tasks: ProviderTask[];
  /** Technicians at work on it now, in words: "intervention 55812, planned for 2026-11-24". */
  interventions: string[];
};

export type RescueArmed = {
  image: string;
  login: string;
  /** False: the provider refused our key, so the boot will have a password. */
  keyTaken: boolean;
  /** Highest id of the provider's mails before the boot; null: they are not read. */
  mailWatermark: number | null;
};

export type ProviderTask = {
  taskId: number;
  kind: string;
  state: 'pending' | 'done' | 'failed' | 'unknown';
  /** The provider's own word: init, todo, doing, done, cancelled, customerError, ovhError. */
  providerState: string;
  comment: string | null;
};
