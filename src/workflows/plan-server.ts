import type { Seen } from '../activities/see-disk.ts';
import type { PlanRequest } from '../contract.ts';
import type { Plan } from '../run/plan.ts';
import type { ServerPlan } from '../run/server-plan.ts';
import { asking } from './activity-options.ts';

/** What a run would do, without the server's lock and without changing anything. */
export async function planServer({ runUnderWay, ...request }: PlanRequest): Promise<ServerPlan> {
  const { plan } = await asking.preflight.executeWithOptions({ summary: 'ask the provider' }, [
    request,
    runUnderWay,
  ]);
  const seen: Seen = runUnderWay ? { kind: 'run-under-way' } : await look(plan);
  return asking.describePlan.executeWithOptions({ summary: 'read the disks' }, [{ plan, seen }]);
}

/** From outside, and into the system that ironstep installed: is it what the plan would install? */
async function look(plan: Plan): Promise<Seen> {
  const glance = await asking.glance.executeWithOptions({ summary: 'which system answers' }, [
    plan.target,
  ]);
  if (glance.kind !== 'installed') return glance;
  const { system } = glance;
  const recognised = await asking.recognise.executeWithOptions(
    { summary: 'is it what the spec asks for' },
    [plan, system],
  );
  return { ...glance, recognised };
}
