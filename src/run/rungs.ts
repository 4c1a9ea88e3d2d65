import type { Rung } from '../spec/rungs.ts';

/** What a rung does, for the timeline and for the person who has to choose one. */
export const rungInWords: Record<Rung, string> = {
  'in-band-reboot': 'clean reboot from inside',
  'hard-reset': 'hard reset',
  're-arm': 'boot target written anew, then a hard reset',
  'other-image': 'another rescue image, then a hard reset',
};
