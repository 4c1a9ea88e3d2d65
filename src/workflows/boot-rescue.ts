import type { ServerRequest } from '../contract.ts';
import { toItsEnd } from './ending.ts';
import { lookFirst } from './look-first.ts';
import { noBoots } from './boots.ts';
import { inRescue } from './rescue-session.ts';
import { ServerRun } from './server-run.ts';

/**
 * Boots the rescue system for a person to work in, and leaves it up. The provider's settings stay
 * saved, and its monitoring off, until a later run boots the server from its disk.
 */
export async function bootRescue(request: ServerRequest): Promise<void> {
  const run = new ServerRun('rescue', request);
  const boots = noBoots();
  await toItsEnd(run, async (entered) => {
    const { access, snapshot } = await lookFirst(run, boots);
    entered({ access, snapshot, boots });
    await inRescue(run, access, boots, async (rescue) => rescue);
    run.achieved(howToGoOn(request));
  });
}

function howToGoOn({ server, ssh }: ServerRequest): string[] {
  const logIn =
    ssh.authorizedKeys.length === 0
      ? 'Nobody can log in but ironstep: the spec has no ssh.authorizedKeys.'
      : `To log in:  ironstep ssh ${server}`;
  return [
    `${server} runs the rescue system; monitoring is off`,
    logIn,
    `To go back:  ironstep boot disk ${server}`,
    'Until then rescue is what it boots, and its settings at the provider stay saved.',
  ];
}
