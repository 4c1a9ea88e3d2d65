import type { Selected } from '../activities/inspect.ts';
import { messages } from '../contract.ts';
import type { WipeLease } from '../disk/lease.ts';
import { judgeWipe } from '../disk/wipe-approval.ts';
import type { Plan, System } from '../run/plan.ts';
import type { ServerRun } from './server-run.ts';

/**
 * The person's yes to what dies on the disk, turned into the wipe lease of this rescue session
 * (invariant 2). An empty disk whose serial was named at the start needs no second step.
 */
export async function approveWipe(
  run: ServerRun,
  plan: Plan,
  inspected: Selected,
  rescue: System,
): Promise<WipeLease> {
  const { device, view } = inspected;
  const judged = judgeWipe(device, run.person.wipe);
  if (judged.kind !== 'covered') {
    const reason = judged.kind === 'refused' ? [judged.reason] : [];
    const { token } = judged;
    const server = plan.target.server;
    await run.person.waitsForApproval(
      {
        kind: 'approval',
        title: `${server} waits for your yes to destroy what is on ${view.serial}`,
        detail: [...reason, 'It now runs the rescue system; nothing was written.'],
        actions: [
          {
            command: `ironstep approve ${server} --wipe ${token}`,
            effect: 'destroy what dies',
            update: { name: messages.approve, data: { wipe: token } },
          },
          {
            command: `ironstep abort ${server}`,
            effect: 'leave it alone',
            update: { name: messages.abort },
          },
        ],
      },
      (answer) => {
        const verdict = judgeWipe(device, answer);
        if (verdict.kind === 'covered') return null;
        const why =
          verdict.kind === 'refused'
            ? verdict.reason
            : `a serial alone approves an empty disk only, and ${view.serial} is not empty`;
        return `${why}. To destroy what is there now: --wipe ${token}, in the Temporal UI {"wipe": "${token}"}`;
      },
    );
  }
  return {
    id: `install-${plan.target.server}-${plan.configDigest.slice(0, 12)}`,
    phase: 'install',
    server: plan.target.server,
    serial: device.serial,
    wwn: device.wwn,
    sizeBytes: device.sizeBytes,
    imageSha512: plan.release.sha512,
    fingerprint: device.fingerprint,
    bootId: rescue.bootId,
  };
}
