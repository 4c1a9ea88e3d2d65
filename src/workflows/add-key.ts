import type { AddKeyRequest } from '../contract.ts';
import type { ServerAccess, System } from '../run/plan.ts';
import { quick, working } from './activity-options.ts';
import { toItsEnd } from './ending.ts';
import { settingsBack } from './handover.ts';
import { inInstalled } from './installed-system.ts';
import { lookFirst } from './look-first.ts';
import { noBoots } from './boots.ts';
import { inRescue } from './rescue-session.ts';
import { ServerRun } from './server-run.ts';

/**
 * Lets keys log in to the installed system: in it, when it lets ironstep in; else by way of rescue
 * and its disk. Either way sshd of the running system says in the end that it takes them.
 */
export async function addKey(request: AddKeyRequest): Promise<void> {
  const run = new ServerRun('add-key', request);
  const { keys, server } = request;
  const boots = noBoots();
  await toItsEnd(run, async (entered) => {
    const { access, snapshot } = await lookFirst(run, boots);
    entered({ access, snapshot, boots });
    const locked = boots.last?.kind !== 'installed';
    if (locked) {
      await inRescue(run, access, boots, (rescue) => placeKeys(run, access, rescue, keys));
    }
    const { file } = await inInstalled(run, access, boots, (system) =>
      takeKeys(run, access, { system, keys, phase: locked ? 'verify' : 'keys' }),
    );
    await run.phase(
      'handover',
      () => settingsBack(access, snapshot),
      () => "the provider's settings are as they were",
    );
    run.achieved([
      `${server} lets ${count(keys.length)} in`,
      `Its sshd says that it takes ${keys.length === 1 ? 'it' : 'them'}, from ${file}.`,
      `To log in:  ironstep ssh ${server}`,
    ]);
  });
}

/** In rescue: finds our system on its disk, and puts the keys where its next boot admits them. */
async function placeKeys(
  run: ServerRun,
  access: ServerAccess,
  rescue: System,
  keys: string[],
): Promise<void> {
  const found = await run.phase(
    'inspect',
    () =>
      quick.findOurSystem.executeWithOptions({ summary: 'find the system that we installed' }, [
        access,
        rescue,
      ]),
    ({ device }) => `our system is on ${device.serial || device.wwn}`,
  );
  await run.phase(
    'keys',
    async () => {
      run.diskState = 'keys-placed';
      return working.placeLogin.executeWithOptions({ summary: 'place the keys on ROOT' }, [
        { access, rescue, found, keys, attempt: run.record.attemptAtMs },
      ]);
    },
    ({ added }) => `ironstep's login and ${count(keys.length)} are on ROOT, ${added} of them new`,
  );
}

async function takeKeys(
  run: ServerRun,
  access: ServerAccess,
  { system, keys, phase }: { system: System; keys: string[]; phase: 'keys' | 'verify' },
) {
  run.answers(system);
  return run.phase(
    phase,
    async () => {
      run.diskState = 'keys-placed';
      return quick.takeKeys.executeWithOptions({ summary: 'let the keys in' }, [
        access,
        system,
        keys,
      ]);
    },
    ({ file, added }) =>
      `sshd takes ${count(keys.length)} from ${file}, ` +
      (added === 0 ? 'all there already' : `${added} of them new`),
  );
}

function count(keys: number): string {
  return keys === 1 ? '1 key' : `${keys} keys`;
}
