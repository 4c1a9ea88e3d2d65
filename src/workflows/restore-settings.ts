import { ApplicationFailure } from '@temporalio/workflow';

import type { Glance } from '../activities/glance.ts';
import type { SettingsLeft } from '../activities/show-settings.ts';
import type { ServerRequest } from '../contract.ts';
import { runKinds } from '../run/run-kinds.ts';
import { quick } from './activity-options.ts';
import { toItsEnd } from './ending.ts';
import { noBoots } from './boots.ts';
import { ServerRun } from './server-run.ts';

/**
 * `settings restore`: puts back what a run that was lost has left in the provider's settings. The
 * server itself is not touched. Monitoring waits until it answers, or the provider would send a
 * technician to it.
 */
export async function restoreProviderSettings(request: ServerRequest): Promise<void> {
  const run = new ServerRun('restore-settings', request);
  await toItsEnd(run, async (entered) => {
    const left = await run.phase(
      'preflight',
      () =>
        quick.settingsLeft.executeWithOptions({ summary: 'what is left in the settings' }, [
          request,
        ]),
      inWords,
    );
    run.reached(left.access, runKinds['restore-settings'].aim);
    const { original, access } = left;
    if (original === null) {
      run.achieved([`${request.server} has its settings: nothing of ironstep's is left in them`]);
      return;
    }
    entered({ access, snapshot: original, boots: noBoots() });
    const glance = await run.phase(
      'handover',
      async () => {
        await quick.restoreSettings.executeWithOptions(
          { summary: 'put the settings back: boot target, rescue key' },
          [access.target, original],
        );
        const seen = await quick.glance.executeWithOptions({ summary: 'does the server answer' }, [
          access.target,
        ]);
        if (seen.kind !== 'silent') {
          await quick.restoreMonitoring.executeWithOptions({ summary: 'put monitoring back' }, [
            access.target,
            original,
          ]);
        }
        return seen;
      },
      (seen) => (seen.kind === 'silent' ? 'all but monitoring is back' : 'all is back'),
    );
    if (glance.kind === 'silent') throw endWithoutMonitoring(run, left);
    run.achieved([
      `${request.server} has its settings back`,
      ...story(request.server, left, glance),
    ]);
  });
}

function inWords({ original, changed }: SettingsLeft): string {
  if (original === null) return "nothing of ironstep's is left in the settings";
  const labels = changed.map(({ label }) => label);
  return labels.length === 0 ? 'saved settings, all as they were' : labels.join(', ');
}

/** The rest of it stays saved, so that the same command finishes it. */
function endWithoutMonitoring(run: ServerRun, left: SettingsLeft): ApplicationFailure {
  const { server } = run.request;
  const message = [
    'Boot target and rescue key are as they were; monitoring is not: nothing answers on ' +
      `${left.access.target.address}, and the provider would send a technician to it.`,
    `Once it answers:  ironstep settings restore ${server}`,
  ].join('\n');
  run.record.over('failed', message);
  run.show();
  return ApplicationFailure.nonRetryable(message, 'ServerSilent');
}

/** What was put back, what runs now, and what this command does not know. */
function story(server: string, { changed, warnings }: SettingsLeft, glance: Glance): string[] {
  const back = changed.map(({ label, now, before }) => `${label} ${now} → ${before ?? ''}`);
  return [
    back.length === 0 ? 'They were as they had been already.' : `${back.join(', ')}.`,
    ...warnings,
    ...whatRuns(server, glance),
    'Its disks were not looked at: what an interrupted run has left there may not boot.',
    `To go on with that run:  ironstep resume ${server}`,
  ];
}

function whatRuns(server: string, { kind }: Glance): string[] {
  if (kind === 'rescue') {
    return ['It still runs rescue.', `To boot it from its disk:  ironstep boot disk ${server}`];
  }
  return kind === 'installed' ? ['The system that ironstep installed answers.'] : [];
}
