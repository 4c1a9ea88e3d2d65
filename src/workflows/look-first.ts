import type { SettingsSnapshot } from '../providers/provider.ts';
import type { ServerAccess } from '../run/plan.ts';
import { runKinds } from '../run/run-kinds.ts';
import { quick } from './activity-options.ts';
import type { Boots } from './boots.ts';
import { askWhoAnswers } from './rescue-session.ts';
import type { ServerRun } from './server-run.ts';

/**
 * The preflight of a run that needs no spec: the provider is asked about the server, and the server
 * which system answers. `check` may end the run by what it finds then; only after it are the
 * provider's settings saved, in the run and on the worker (invariant 9).
 */
export async function lookFirst(
  run: ServerRun,
  boots: Boots,
  check: (access: ServerAccess) => Promise<void> = async () => {},
): Promise<{ access: ServerAccess; snapshot: SettingsSnapshot }> {
  const found = await run.phase(
    'preflight',
    async () => {
      const { access, summary } = await quick.reach.executeWithOptions(
        { summary: 'ask the provider about the server' },
        [run.request],
      );
      run.reached(access, runKinds[run.record.status.kind].aim);
      // Patient: it is not known yet whether an earlier run has left work behind.
      await askWhoAnswers(run, access, boots, true);
      // A session that was up is not this run's to leave, should it end early.
      if (boots.last?.kind === 'rescue') run.oldSystem = false;
      await check(access);
      const saved = await quick.saveSettings.executeWithOptions(
        { summary: "save the provider's settings" },
        [access.target],
      );
      return { access, summary, ...saved };
    },
    ({ summary }) => `${summary} · ${answering(boots)}`,
  );
  for (const warning of found.warnings) run.note(warning);
  return found;
}

function answering({ last }: Boots): string {
  if (last === null) return 'nothing that knows us answers';
  return last.kind === 'rescue' ? 'rescue answers' : 'the installed system answers';
}
