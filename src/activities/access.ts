import { cancellationSignal } from '@temporalio/activity';

import type { AccessRequest, ServerRequest } from '../contract.ts';
import type { ServerDescription } from '../providers/provider.ts';
import type { ServerAccess } from '../run/plan.ts';
import type { Dependencies } from './dependencies.ts';
import { PreflightRefused } from './run-errors.ts';

/** How the server is reached, and what its provider says about it just now. */
export type Reached = { access: ServerAccess; described: ServerDescription };

/** What a run that needs no spec asks first. */
export function createAccessActivities(dependencies: Dependencies) {
  return {
    /** Asks the provider where the server is and whether it may be worked on. Read-only. */
    async reach(request: ServerRequest): Promise<{ access: ServerAccess; summary: string }> {
      const { access, described } = await reachServer(dependencies, request);
      const { datacenter, bootTarget, hardware } = described;
      const facts = [access.target.address, datacenter, hardware?.description];
      const known = facts.filter((fact) => fact !== null && fact !== undefined && fact !== '');
      return { access, summary: [...known, `boot target ${bootTarget}`].join(' · ') };
    },

    /** Where the server is and which keys open it. Read-only. */
    async access(request: AccessRequest): Promise<ServerAccess> {
      return (await findServer(dependencies, request)).access;
    },
  };
}

/**
 * Asks the provider about the server, read-only. Throws PreflightRefused when it is blocked, busy
 * with a task, or has no rescue system to boot.
 */
export async function reachServer(
  dependencies: Dependencies,
  request: AccessRequest,
): Promise<Reached> {
  const reached = await findServer(dependencies, request);
  refuseBlocked(request.provider.service, reached.described);
  return reached;
}

/** As `reachServer`, for who only wants to look: a blocked or busy server is one as well. */
export async function findServer(
  dependencies: Dependencies,
  request: AccessRequest,
): Promise<Reached> {
  const { server, provider, ssh, rescue } = request;
  const adapter = await dependencies.provider(provider);
  const described = await adapter.describe(cancellationSignal());
  return {
    described,
    access: {
      target: { server, provider, address: described.address, sshPort: ssh.port },
      keys: {
        login: dependencies.keyPair(provider, 'login').publicKey,
        host: dependencies.keyPair(provider, 'host').publicKey,
        rescue: dependencies.keyPair(provider, 'rescue').publicKey,
      },
      rescueImage: rescue.image ?? null,
    },
  };
}

function refuseBlocked(service: string, described: ServerDescription): void {
  const pending = described.pendingTasks.map(
    (task) => `task ${task.taskId} (${task.kind}) is ${task.providerState}`,
  );
  const blockers = [...described.blockers, ...pending];
  if (blockers.length > 0) {
    throw new PreflightRefused(
      `${service} cannot be worked on now: ${blockers.join('; ')}. ` +
        `Nothing was changed. Try again when that is over.`,
    );
  }
  if (described.rescueImages.length === 0) {
    throw new PreflightRefused(
      `${service} offers no Linux rescue system to boot. Nothing was changed. ` +
        `Ask the provider, or choose one with rescue.image.`,
    );
  }
}
