import type { ServerPlan } from './server-plan.ts';

/** The phases that a user sees, by these names everywhere (DESIGN, "The job"). */
export const phases = [
  'preflight',
  'rescue',
  'inspect',
  'approve',
  'install',
  'boot',
  'first-boot',
  'repartition',
  'keys',
  'verify',
  'handover',
] as const;

export type Phase = (typeof phases)[number];

/** What a run of a server is for. Every kind holds the server's lock (invariant 10). */
export type RunKind =
  'provision' | 'rescue' | 'boot-disk' | 'add-key' | 'look' | 'restore-settings';

/** A system of the server that the run has proven, as a person would log in to it. */
export type Login = {
  kind: 'rescue' | 'installed';
  user: string;
  /** OpenSSH line of its host key; the only one that may be accepted. */
  hostKey: string;
};

/** One line of the timeline. A phase that runs again (second rescue) has its own entry. */
export type PhaseEntry = {
  phase: Phase;
  attempt: number;
  state: 'running' | 'waiting' | 'done' | 'failed';
  /** ISO 8601, workflow time. */
  startedAt: string;
  endedAt?: string;
  /** What came of it, in a few words: "serial WD-WCC4…, empty: covered by --wipe". */
  summary?: string;
  /** What was seen on the way, oldest first, bounded. */
  notes: string[];
};

/**
 * What a person is needed for: a yes to what dies on a disk, help with a failure, or help with a
 * rescue that does not come up; a run that waits for the latter goes on by itself when it does.
 */
export const attentionKinds = ['approval', 'failed', 'rescue'] as const;

export type AttentionKind = (typeof attentionKinds)[number];

/** A person is needed. The run waits, for as long as it takes. */
export type Attention = {
  kind: AttentionKind;
  /** ISO 8601. */
  since: string;
  /** One sentence: what happened. */
  title: string;
  /** The whole explanation, lines as the person should see them. */
  detail: string[];
  /** What a person can do now, most likely first; `update`: how it is done in the Temporal UI. */
  actions: { command: string; effect: string; update?: { name: string; data?: object } }[];
};

/** A partition as a plan makes it. */
export type PlannedPartition = {
  name: string;
  /** Null: what is left, and the size of the disk is not known. */
  sizeBytes: number | null;
  /** The size is that of a usual image, or of the provider's word for the disk. */
  roughly: boolean;
  filesystem: string;
  mount: string | null;
};

/** What happens to one partition. */
export type PartitionFate = {
  number: number | null;
  name: string;
  /** What it takes now; null for one that will be made. */
  sizeBytes: number | null;
  /** What it is now ("ext4, last mounted /boot"), empty for one that will be made. */
  now: string;
  fate: 'stays' | 'shrinks' | 'dies' | 'made';
  /** What is made of it; missing when it stays or dies. */
  becomes?: PlannedPartition;
};

/** The disk of a run and what the run will do to it. */
export type DiskView = {
  serial: string;
  model: string;
  sizeBytes: number;
  rotational: boolean;
  /** `empty` or the fingerprint of the partition entries. */
  fingerprint: string;
  partitions: PartitionFate[];
};

/** One line of the final comparison of the spec with what the installed system says. */
export type VerifiedPartition = {
  name: string;
  number: number;
  device: string;
  sizeBytes: number;
  filesystem: string;
  mount: string | null;
  /** Size of the filesystem and free space as `df` in the installed system says. */
  filesystemBytes: number | null;
  freeBytes: number | null;
  asSpecified: boolean;
  difference?: string;
};

/** One durable job that ran on the host, as the host recorded it. */
export type JobTrace = { script: string; starts: number; durationMs: number };

/** What a run hands over. Every number was measured in this run. */
export type Report = {
  ok: boolean;
  server: string;
  address: string;
  sshPort: number;
  osVersion: string;
  hostKeyFingerprint: string;
  boots: number;
  /** Power or reset to SSH banner, plus the durations that the host recorded for its jobs. */
  machineMs: number;
  rootBytes: number;
  rootStartUnchanged: boolean | null;
  partuuidUnchanged: boolean | null;
  typeUnchanged: boolean | null;
  filesUnchanged: number | null;
  filesChanged: number | null;
  partitions: VerifiedPartition[];
  failedUnits: string[];
  settingsRestored: boolean;
  /** Evidence that each job was started once. */
  jobs: JobTrace[];
  warnings: string[];
  historyEvents: number;
  historyBytes: number;
};

/** Something that was read to tell why a system does not come up; bounded. */
export type Evidence = { title: string; lines: string[] };

/** What the `status` Query answers: all that a person is shown about a run. */
export type RunStatus = {
  kind: RunKind;
  server: string;
  provider: string;
  service: string;
  /** Who started it: user@host of the CLI. */
  by: string;
  startedAt: string;
  address?: string;
  sshPort: number;
  /** "Flatcar 4593.2.4 · shrink to 100 GiB". */
  headline: string;
  /** `ready`: provisioned; `done`: another kind of run did what it was asked. */
  state: 'running' | 'waiting' | 'ready' | 'done' | 'refused' | 'aborted' | 'failed';
  timeline: PhaseEntry[];
  /** Which system was last seen to answer where the run had to tell, in words, and when. */
  answering?: { words: string; at: string };
  /** The system that answered last; absent while nothing is proven to answer. */
  login?: Login;
  disk?: DiskView;
  /** What a run of the spec would do: the answer of a run that only looks. */
  plan?: ServerPlan;
  /** What a system that did not come up has left on its disk. */
  evidence?: Evidence[];
  attention?: Attention;
  report?: Report;
  /** Why it ended without success, or what came of a run that is `done`. */
  ending?: string;
};

/** Heartbeat details of a long activity, read by `status` from the pending activity. */
export type Progress = {
  /** What is being done: "writing 1.3 GiB to WD-WCC4M0KS2A01". */
  label: string;
  done?: number;
  total?: number;
  /** Unit of done and total. */
  unit?: 'bytes' | 'percent';
};
