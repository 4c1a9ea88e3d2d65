import type { Pace } from './run/pace.ts';
import type { Phase, RunKind } from './run/status.ts';
import type { Rung } from './spec/rungs.ts';
import type { ServerSpec } from './spec/server-spec.ts';

/** The task queue of workflows and of activities that talk to servers. */
export const taskQueue = 'ironstep';

/**
 * The names under which the worker registers the runs of a server. Whatever it is for, a run has
 * the server's workflow id, and with it the lock.
 */
export const runWorkflowTypes: Record<RunKind, string> = {
  provision: 'provisionServer',
  rescue: 'bootRescue',
  'boot-disk': 'bootDisk',
  'add-key': 'addKey',
  look: 'lookInRescue',
  'restore-settings': 'restoreProviderSettings',
};

/** The lock: one run per rented server, whoever starts it (invariant 10). */
export function serverWorkflowId(provider: string, service: string): string {
  return `server/${provider}/${service}`;
}

/** Search attributes, all of type Keyword; `dev` registers them, the worker checks them. */
export const searchAttributeNames = ['ServerName', 'Provider', 'Phase', 'Attention'] as const;

/** Whose server it is and how it is reached: what every run begins with. */
export type ServerRequest = Pick<ServerSpec, 'server' | 'provider' | 'ssh' | 'rescue'> & {
  /** Who asked, for the history: user@host of the CLI. */
  by: string;
  /** Waits and deadlines, shortened by tests and by the lab. */
  pace?: Partial<Pace>;
};

/** What starts a provisioning run. It travels encrypted; it holds no key of the provider. */
export type ProvisionRequest = {
  spec: ServerSpec;
  /** What may be destroyed: a serial for an empty disk, else `SERIAL:FINGERPRINT` as shown. */
  wipe?: string;
  /** Refuse instead of waiting for a person, put everything back and stop. */
  noWait?: boolean;
  /** Who asked, for the history: user@host of the CLI. */
  by: string;
  /** Waits and deadlines, shortened by tests and by the lab. */
  pace?: Partial<Pace>;
};

/** Questions are workflows too, since only the worker has what it takes to answer them. */
export const questionWorkflowTypes = {
  plan: 'planServer',
  settings: 'showSettings',
  access: 'tellAccess',
} as const;

/** What `plan` asks. `runUnderWay`: a run has the server, so that it must not be disturbed. */
export type PlanRequest = Pick<ProvisionRequest, 'spec' | 'by'> & { runUnderWay: boolean };

/** What `settings show` asks. */
export type SettingsRequest = Pick<ServerRequest, 'server' | 'provider'>;

/** What `credentials` asks. */
export type AccessRequest = Pick<ServerRequest, 'server' | 'provider' | 'ssh' | 'rescue'>;

/** The part of a provisioning request that every other run of the server needs as well. */
export function serverRequestOf({ spec, by, pace }: LookRequest): ServerRequest {
  const { server, provider, ssh, rescue } = spec;
  return { server, provider, ssh, rescue, by, ...(pace === undefined ? {} : { pace }) };
}

/** What starts a run that boots the server from its disk. */
export type BootDiskRequest = ServerRequest & {
  /** Also when rescue says that the disk must not boot. */
  force?: boolean;
};

/** What starts a run that lets somebody in again. */
export type AddKeyRequest = ServerRequest & {
  /** OpenSSH lines, one public key each; not empty. */
  keys: string[];
};

/** What starts a run that boots rescue to see what a spec would meet, and goes back. */
export type LookRequest = Pick<ProvisionRequest, 'spec' | 'by' | 'pace'>;

/** What starts a run of each kind. */
export type RunRequests = {
  provision: ProvisionRequest;
  rescue: ServerRequest;
  'boot-disk': BootDiskRequest;
  'add-key': AddKeyRequest;
  look: LookRequest;
  'restore-settings': ServerRequest;
};

/** Names of the Updates and Queries of a run; their arguments are below. */
export const messages = {
  approve: 'approve',
  resume: 'resume',
  skip: 'skip',
  abort: 'abort',
  status: 'status',
} as const;

export type ApproveArgs = { wipe: string; by: string };
/** `ladder`: only these rungs, when rescue did not come up. */
export type ResumeArgs = { by: string; ladder?: Rung[] };
export type SkipArgs = { by: string };
export type AbortArgs = { by: string; reason?: string };

/** What an accepted Update answers: which phase the run was in, in words for the person. */
export type Accepted = { phase: Phase; message: string };
