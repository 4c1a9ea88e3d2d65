import type { ProvisionRequest } from '../../src/contract.ts';
import { serverRequestOf } from '../../src/contract.ts';
import { proveFirstBoot } from '../../src/workflows/first-boot.ts';
import { inInstalled } from '../../src/workflows/installed-system.ts';
import { preflight } from '../../src/workflows/preflight.ts';
import { noBoots } from '../../src/workflows/boots.ts';
import { ServerRun } from '../../src/workflows/server-run.ts';

/** A change that must never be released: the phases of a run under way in another order. */
export async function provisionServer(request: ProvisionRequest): Promise<void> {
  const run = new ServerRun('provision', serverRequestOf(request), request);
  const boots = noBoots();
  const { plan } = await preflight(run, request, boots);
  await inInstalled(run, plan, boots, (system) => proveFirstBoot(run, plan, system));
}
