import type { PlanRequest } from '../contract.ts';
import type { ServerPlan } from '../run/server-plan.ts';
import { patient, quick } from './activity-options.ts';

/** What a run would do, without the server's lock and without changing anything. */
export async function planServer({ runUnderWay, ...request }: PlanRequest): Promise<ServerPlan> {
  const { plan } = await patient.preflight.executeWithOptions({ summary: 'ask the provider' }, [
    request,
  ]);
  const system = runUnderWay
    ? null
    : await quick.whoAnswers.executeWithOptions({ summary: 'which system answers' }, [
        plan.target,
        false,
      ]);
  const recognised =
    system?.kind === 'installed'
      ? await quick.recognise.executeWithOptions({ summary: 'is it what the spec asks for' }, [
          plan,
          system,
        ])
      : null;
  return quick.describePlan.executeWithOptions({ summary: 'read the disks' }, [
    { plan, system, recognised, runUnderWay },
  ]);
}
