import { messages } from '../contract.ts';
import { answeringInWords, rebootable, type Surroundings } from './answering.ts';
import { firstSentence } from './first-sentence.ts';
import type { Attention } from './status.ts';

/** A rescue that did not come up, and what was tried. */
type Failed = {
  server: string;
  failure: { type: string; message: string };
  /** A line for each rung that was climbed. */
  climbed: readonly string[];
  seen: Surroundings;
};

/**
 * What a person reads when no rung is left: what was tried and seen, what would help, and what can
 * be done now. That the run goes on by itself is said too: often nothing has to be done here.
 */
export function rescueAttention(failed: Failed): Omit<Attention, 'since'> {
  const { failure, climbed, seen } = failed;
  const now = answeringInWords(seen.answering);
  const silent = failure.type === 'ServerSilent' || failure.type === 'LadderEnded';
  return {
    kind: 'rescue',
    title: silent ? `rescue did not come up: ${now}` : `rescue: ${firstSentence(failure.message)}`,
    detail: [
      ...(silent ? [] : failure.message.split('\n').slice(1)),
      ...climbed,
      `Now: ${[now, ...seen.provider].join(' · ')}.`,
      `What would help: ${whatHelps(failed)}`,
      goesOn(failed),
    ],
    actions: actions(failed),
  };
}

function whatHelps({ failure, seen }: Failed): string {
  if (failure.type === 'ProviderBusy') return 'that the provider finishes what it is at.';
  switch (seen.answering.kind) {
    case 'old-system':
    case 'new-system':
    case 'new-system-elsewhere':
      return (
        'it boots its disk and misses the netboot. In the panel, boot rescue by hand; if that fails ' +
        "too, ask the provider's support why this server does not boot from the network."
      );
    case 'earlier-rescue':
    case 'rescue':
      return 'that the server is reset: it still runs the rescue of an earlier boot.';
    case 'something-else':
      return (
        'to know what answers. It may be a rescue system that does not take our key: its password ' +
        'is in the mail of the provider or in its panel.'
      );
    case 'refused':
    case 'silent':
      return (
        "somebody who sees its screen: the panel's console (KVM, serial), or a technician of the " +
        'provider who boots rescue by hand.'
      );
  }
}

function goesOn({ failure }: Failed): string {
  const idle = failure.type === 'ProviderBusy' ? ', or the provider is at work no more' : '';
  return `It goes on by itself as soon as rescue answers${idle}; no reset is sent meanwhile.`;
}

function actions({ server, seen }: Failed): Attention['actions'] {
  const resume = { name: messages.resume };
  const only = (ladder: string, effect: string) => ({
    command: `ironstep resume ${server} --ladder ${ladder}`,
    effect,
    update: { name: messages.resume, data: { ladder } },
  });
  return [
    { command: `ironstep resume ${server}`, effect: 'climb the ladder again', update: resume },
    ...(rebootable(seen.answering) === null
      ? []
      : [only('in-band-reboot', 'reboot it from inside the system that answers')]),
    only('hard-reset', 'send one hard reset, and nothing else'),
    only('other-image', 'try another rescue image of the provider'),
    {
      command: `ironstep abort ${server}`,
      effect: "put the provider's settings back and stop",
      update: { name: messages.abort },
    },
  ];
}
