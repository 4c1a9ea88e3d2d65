import type { AbortArgs, ApproveArgs, ResumeArgs, SkipArgs } from '../contract.ts';
import { parseLadder, rungs, rungsMax } from '../spec/rungs.ts';

/** What somebody sent with an Update, read; or the sentence that shows the right form. */
export type Understood<Args> =
  { kind: 'understood'; args: Args } | { kind: 'refused'; reason: string };

/** Who asked, when nobody says so: the Temporal UI knows no users. */
const somebody = 'somebody in the Temporal UI';

/** Longer than any reason that somebody types, far below what a run may carry as evidence. */
const textLengthMax = 500;
const shownLengthMax = 80;

/** What the Temporal UI shows beside each Update: what it does, and its Data as one would type it. */
export const requestHelp = {
  approve:
    'Destroy what the run shows as dying. Data: {"wipe": "SERIAL:FINGERPRINT", "by": "your name"}',
  resume:
    'Try the phase that failed once more. Data: none, or {"by": "your name"}; ' +
    'for a rescue that did not come up also {"ladder": "hard-reset"}: only these rungs',
  skip:
    'Stop waiting for the rescue boot that is under way, and go to the next rung of the ladder. ' +
    'Data: none, or {"by": "your name"}',
  abort:
    "Stop where it is safe, put the provider's settings back. " +
    'Data: none, or {"reason": "why", "by": "your name"}',
} as const;

/** `{"wipe": "SERIAL:FINGERPRINT"}`, or just `"SERIAL:FINGERPRINT"`. */
export function readApprove(sent: readonly unknown[]): Understood<ApproveArgs> {
  const [first, ...more] = sent;
  const given = readTexts(typeof first === 'string' ? [{ wipe: first }, ...more] : sent, [
    'wipe',
    'by',
  ]);
  if (given?.wipe === undefined) {
    return refused('approve takes {"wipe": "SERIAL:FINGERPRINT"}, as the run shows it', sent);
  }
  return { kind: 'understood', args: { wipe: given.wipe, by: given.by ?? somebody } };
}

/** Nothing, or `{"by": "your name"}`, and which rungs: `{"ladder": "hard-reset, re-arm"}`. */
export function readResume(sent: readonly unknown[]): Understood<ResumeArgs> {
  const given = readTexts(withLadderAsText(sent), ['by', 'ladder']);
  if (given === null) return refused('resume takes no data, or {"by": "your name"}', sent);
  const { by = somebody, ladder: text } = given;
  if (text === undefined) return { kind: 'understood', args: { by } };
  const ladder = parseLadder(text);
  const known = `a ladder is at most ${rungsMax} of ${rungs.join(', ')}`;
  return ladder === null ? refused(known, sent) : { kind: 'understood', args: { by, ladder } };
}

/** Nothing, or `{"by": "your name"}`. */
export function readSkip(sent: readonly unknown[]): Understood<SkipArgs> {
  const given = readTexts(sent, ['by']);
  if (given === null) return refused('skip takes no data, or {"by": "your name"}', sent);
  return { kind: 'understood', args: { by: given.by ?? somebody } };
}

/** A program sends a list of rungs, a person may type one text. */
function withLadderAsText(sent: readonly unknown[]): readonly unknown[] {
  const [first, ...more] = sent;
  if (typeof first !== 'object' || first === null || !('ladder' in first)) return sent;
  const { ladder } = first;
  const words = Array.isArray(ladder) && ladder.every((word) => typeof word === 'string');
  return words ? [{ ...first, ladder: ladder.join(',') }, ...more] : sent;
}

/** Nothing, or `{"reason": "why", "by": "your name"}`. */
export function readAbort(sent: readonly unknown[]): Understood<AbortArgs> {
  const given = readTexts(sent, ['reason', 'by']);
  if (given === null) return refused('abort takes no data, or {"reason": "why"}', sent);
  const { reason, by = somebody } = given;
  return { kind: 'understood', args: { by, ...(reason === undefined ? {} : { reason }) } };
}

/**
 * The texts of one JSON object, trimmed and on one line, empty ones left out. Null for anything
 * else: a word that is not taken may be one that matters, so it is never passed over.
 */
function readTexts<Name extends string>(
  sent: readonly unknown[],
  names: readonly Name[],
): Partial<Record<Name, string>> | null {
  const given = sent[0] ?? {};
  if (sent.length > 1 || typeof given !== 'object' || Array.isArray(given)) return null;
  const texts: Partial<Record<Name, string>> = {};
  for (const [key, value] of Object.entries(given)) {
    const name = names.find((known) => known === key);
    if (name === undefined || typeof value !== 'string' || value.length > textLengthMax)
      return null;
    const text = value.replaceAll(/\s+|\p{Cc}+/gu, ' ').trim();
    if (text !== '') texts[name] = text;
  }
  return texts;
}

function refused(form: string, sent: readonly unknown[]): Understood<never> {
  const shown = sent.map((value) => JSON.stringify(value) ?? '').join(', ');
  const cut = shown.length > shownLengthMax ? `${shown.slice(0, shownLengthMax)}…` : shown;
  return { kind: 'refused', reason: `${form}; this was sent: ${cut === '' ? 'nothing' : cut}` };
}
