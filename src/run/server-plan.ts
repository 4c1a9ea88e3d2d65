import type { Apply } from './plan.ts';
import type { DiskView } from './status.ts';

/** One partition of the layout as it will be, or about so while no disk was read. */
export type PlannedPartition = {
  name: string;
  /** Null: not even roughly known. */
  sizeBytes: number | null;
  /** The provider's word for the disk is all there is: the size may be off by 1 %. */
  roughly: boolean;
  filesystem: string;
  mount: string | null;
};

/** What the server runs just now, as far as a pinned key proves it. */
export type Answering =
  | { kind: 'nothing-known' }
  /** A run of this server is under way, which is not to be disturbed. */
  | { kind: 'run-under-way' }
  | { kind: 'rescue' }
  /** The system of ironstep's own making. `asSpecified`: it is what this spec asks for. */
  | { kind: 'installed'; asSpecified: boolean; finished: boolean };

/** What a run would do, found out without changing anything: the answer to `ironstep plan`. */
export type ServerPlan = {
  server: string;
  provider: string;
  service: string;
  account: string;
  address: string;
  datacenter: string | null;
  apply: Apply;
  boots: number;
  /** A rough guess for a rented server, where a boot takes minutes. */
  minutes: number;
  image: { version: string; channel: string; sha512: string; signedBy: string };
  /** The provider's words for the disks: "1 × 2000 GB SATA". Null: it does not say. */
  hardware: string | null;
  answering: Answering;
  /** The disk of the spec, read now; null while only the provider's data are known. */
  disk: DiskView | null;
  layout: PlannedPartition[];
  /** What `--wipe` must name; null while the disk is not known. */
  wipe: string | null;
  /** The provider's settings that a run changes and puts back. */
  settings: { name: string; now: string; meanwhile: string }[];
  warnings: string[];
};
