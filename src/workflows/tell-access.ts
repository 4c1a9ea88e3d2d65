import type { AccessRequest } from '../contract.ts';
import type { ServerAccess } from '../run/plan.ts';
import { asking } from './activity-options.ts';

/** Where the server is and which keys open it, without the server's lock. */
export async function tellAccess(request: AccessRequest): Promise<ServerAccess> {
  return asking.access.executeWithOptions({ summary: 'where the server is' }, [request]);
}
