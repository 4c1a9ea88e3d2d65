import { exitCodesByError } from '../../src/cli/errors.ts';
import { exitCodeWords } from '../../src/cli/exit-code.ts';
import { deadlines } from '../../src/run/deadlines.ts';
import { phases } from '../../src/run/status.ts';
import { neverRetried, rebooted, refusals } from '../../src/workflows/failure-policy.ts';
import type { ErrorClass } from './error-classes.ts';
import { block, code, page, table } from './markdown.ts';

/** Where an error can be met, besides the phases of a run; the word in its doc comment. */
export const places = ['command line', 'worker', 'set-up', 'any phase', ...phases] as const;

const placeWords: Record<string, string> = {
  'command line': 'On the command line',
  worker: 'When a worker starts',
  'set-up': 'When demo, tests or dev fetch what they need',
  run: 'In a run',
};

/** The pages of all error classes: one each, by path, and the index. */
export function errorPages(errors: readonly ErrorClass[]): Map<string, string> {
  const names = new Set(errors.map(({ name }) => name));
  const pages = errors.map((error): [string, string] => [
    `errors/${error.name}.md`,
    errorPage(error, errors, names),
  ]);
  return new Map([['errors.md', indexPage(errors)], ...pages]);
}

/** The places in the doc comment of a class. */
export function placesOf({ doc }: ErrorClass): string[] {
  return (doc.tags.get('where') ?? '').split(', ').filter((place) => place !== '');
}

function indexPage(errors: readonly ErrorClass[]): string {
  const groups = Object.entries(placeWords).flatMap(([place, words]) => {
    const met = errors.filter((error) => placesOf(error).some((each) => groupOf(each) === place));
    return [`## ${words}`, table(['error', 'meaning'], met.map(indexRow))];
  });
  return page([
    '# Errors',
    'One class for each thing that a person would do differently. Its name stands in the Temporal ' +
      'UI as the type of a failure, in `ironstep history`, and in logs; each has a page. The exit ' +
      'codes are in the [command line](cli.md#exit-codes).',
    ...groups,
  ]);
}

function groupOf(place: string): string {
  return place in placeWords ? place : 'run';
}

function indexRow({ name, doc }: ErrorClass): string[] {
  return [`[${name}](errors/${name}.md)`, firstSentence(doc.text)];
}

function firstSentence(text: string): string {
  return /^.*?[.:](?= |$)/.exec(text)?.[0].replace(/:$/, '.') ?? text;
}

function errorPage(
  error: ErrorClass,
  errors: readonly ErrorClass[],
  names: ReadonlySet<string>,
): string {
  const { name, path, doc } = error;
  const linked = (text: string) =>
    text.replaceAll(/\b[A-Z]\w+\b/g, (word) =>
      names.has(word) && word !== name ? `[${word}](${word}.md)` : word,
    );
  const tag = (label: string) => linked(doc.tags.get(label) ?? '');
  const example = doc.tags.get('example');
  const within = doc.tags.get('within');
  const kinds = errors.filter(({ parent }) => parent === name);
  return page([
    `# ${name}`,
    linked(doc.text),
    ...(example === undefined ? [] : [block(example)]),
    ...(kinds.length === 0
      ? []
      : [`Its kinds: ${kinds.map((kind) => linked(kind.name)).join(', ')}.`]),
    ...section('Where', error.abstract ? '' : placesOf(error).map(placeInWords).join(', ')),
    ...section('Met as', within === undefined ? '' : linked(within)),
    ...section('What was changed', tag('changed')),
    ...section('What to do', tag('remedy')),
    ...section('What the run does', linked(runWords(error))),
    ...section('Exit code', exitWords(error)),
    `Source: [${path}](../../../${path}). All errors: [errors](../errors.md).`,
  ]);
}

function section(title: string, text: string): string[] {
  return text === '' ? [] : [`**${title}.** ${text}`];
}

function placeInWords(place: string): string {
  return phases.some((phase) => phase === place) ? code(place) : place;
}

/** By the rules of the workflow: what it does by itself, and when it asks a person. */
function runWords(error: ErrorClass): string {
  const { name } = error;
  const met = placesOf(error).filter((place) => groupOf(place) === 'run');
  if (met.length === 0 || name === 'RunEnds') return '';
  if (name === rebooted) {
    return 'It goes on by itself: it proves again what answers, goes back to rescue where it has to, and looks at the phase anew.';
  }
  const again = neverRetried.includes(name)
    ? 'It does not try again by itself, since asking again cannot mend this.'
    : `It tries again by itself, more and more slowly: for ${deadlines.quickMs / 60_000} minutes where ` +
      'it only asks, as long as it takes where it waits for the server or its work.';
  const inPreflight = 'In `preflight` the run ends as refused, with nothing changed.';
  if (met.every((place) => place === 'preflight')) return `${again} ${inPreflight}`;
  const then = refusals.has(name)
    ? 'As long as nothing was written it ends as refused: settings are put back, and the server ' +
      'goes back to its old system. Later it waits for a person.'
    : 'Then it waits for a person; `ironstep resume` tries the phase again.';
  const early = met.includes('preflight') || met.includes('any phase');
  return [again, then, ...(early ? [inPreflight] : [])].join(' ');
}

function exitWords(error: ErrorClass): string {
  const own = exitCodesByError[error.name];
  const met = placesOf(error);
  const words: string[] = [];
  if (own !== undefined) words.push(`${own} (${exitCodeWords[own]}).`);
  if (met.some((place) => groupOf(place) === 'run')) {
    words.push(
      'A command that follows the run ends with 3 while it waits for a person, and with 1 when it ' +
        'has ended without success.',
    );
  }
  return words.join(' ');
}
