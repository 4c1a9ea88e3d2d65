import { requestHelp } from '../run/request-arguments.ts';
import { code, plainText } from '../run/markdown.ts';
import type { ServerSpec } from '../spec/server-spec.ts';

/**
 * What the Temporal UI shows as "details" beside the summary, for one who came there first: which
 * server this is, and how to take part from that page.
 */
export function detailsOf({ server, provider }: Pick<ServerSpec, 'server' | 'provider'>): string {
  const requests = Object.entries(requestHelp).map(
    // As code, because the UI's Markdown makes other quotes of quotes, and JSON knows only its own.
    ([name, help]) =>
      `- ${code(name)}: ${plainText(help).replaceAll(/\{.*?\}/g, (json) => code(json))}`,
  );
  return [
    plainText(`${server} is ${provider.service} at ${provider.kind}.`) +
      ' What happens to it, and what it needs from you, is under Current Details.',
    '',
    'To take part: *More Actions → Send an Update*',
    ...requests,
    '',
    '*Request Cancellation* is an abort. *Terminate* ends the run on the spot and puts nothing ' +
      'back: monitoring, boot target and rescue key stay as they are at that moment.',
  ].join('\n');
}
