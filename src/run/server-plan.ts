import type { Apply } from './plan.ts';
import type { DiskView, PlannedPartition } from './status.ts';

/** What the server runs just now, as far as a pinned key proves it. */
export type Answering =
  /** No SSH banner: off, booting, or behind a firewall. */
  | { kind: 'silent' }
  /** SSH answers, and knows no key of ours. */
  | { kind: 'stranger' }
  /** A run of this server is under way, which is not to be disturbed. */
  | { kind: 'run-under-way' }
  /** A rescue session of ironstep. Jobs of an earlier run that still work there, by key. */
  | { kind: 'rescue'; jobs: string[] }
  /** Rescue was booted for this plan alone and left again. */
  | { kind: 'rescue-left' }
  /** The system of ironstep's own making. */
  | { kind: 'installed' };

/** How far an earlier run got: nothing of this spec, its image, or its image and layout. */
export type Reached = 'nothing' | 'image' | 'everything';

/** One boot of a run, by what is booted. */
export type BootAhead = 'rescue' | 'disk';

/** What a run would do, found out without changing anything: the answer to `ironstep plan`. */
export type ServerPlan = {
  server: string;
  provider: string;
  service: string;
  account: string;
  address: string;
  datacenter: string | null;
  apply: Apply;
  /** In their order. */
  boots: BootAhead[];
  minutes: Minutes;
  image: { version: string; channel: string; sha512: string; signedBy: string };
  /** The provider's words: "KS-2a, Atom N2800, 4 GiB". Null: it does not say. */
  machine: string | null;
  /** The provider's words for the disks: "1 × 2000 GB SATA". Null: it does not say. */
  disks: string | null;
  answering: Answering;
  reached: Reached;
  /** The disk of the spec, read now; null while only the provider's data are known. */
  disk: DiskView | null;
  layout: PlannedPartition[];
  /** What `--wipe` must name; null while the disk is not known, or when nothing dies. */
  wipe: string | null;
  /** The provider's settings that a run changes and puts back, in words. */
  settings: { label: string; now: string; meanwhile: string }[];
  warnings: string[];
};

/** A rough guess for a rented server, and what it is made of. */
export type Minutes = { all: number; perBoot: number; install: number; shrink: number };
