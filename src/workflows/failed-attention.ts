import { messages } from '../contract.ts';
import { firstSentence } from '../run/first-sentence.ts';
import type { Attention, Phase } from '../run/status.ts';
import type { PhaseFailure } from './phase-failure.ts';

/** What a person reads when a phase has failed. */
export function failedAttention(
  server: string,
  phase: Phase,
  failure: PhaseFailure,
): Omit<Attention, 'since'> {
  return {
    kind: 'failed',
    title: `${phase} failed: ${firstSentence(failure.message)}`,
    detail: failure.message.split('\n'),
    actions: [
      {
        command: `ironstep resume ${server}`,
        effect: `try ${phase} again from here`,
        update: { name: messages.resume },
      },
      {
        command: `ironstep abort ${server}`,
        effect: "put the provider's settings back and stop",
        update: { name: messages.abort },
      },
    ],
  };
}
