import type { z } from 'zod';

import { nearestWord } from './nearest-word.ts';
import { keysAt, placesOfKey } from './spec-json-schema.ts';

type Path = readonly PropertyKey[];
type Issue = z.core.$ZodIssue;

/** One thing that is wrong, by its path; the line is known to who holds the document. */
export type PathProblem = {
  path: Path;
  message: string;
  suggestion?: string;
  /** Is it the key that is wrong, or its value? */
  at: 'key' | 'value';
};

/** `['layout', 'partitions', 0, 'size']` → `layout.partitions[0].size`. */
export function dotted(path: Path): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`;
    return text === '' ? String(step) : `${text}.${String(step)}`;
  }, '');
}

/** Words for what zod itself only says in its own terms; a message in the schema goes first. */
export const plainWords: z.core.$ZodErrorMap = (issue) => {
  if (issue.code === 'invalid_type') return wrongType(issue.expected, issue.input);
  if (issue.code === 'invalid_value') {
    const values = issue.values.map(String);
    const wanted = values.length === 1 ? `only ${values[0]}` : `one of ${values.join(', ')}`;
    return issue.input === undefined
      ? `is missing: ${wanted}`
      : `${shown(issue.input)} is not known here, ${wanted}`;
  }
  if (issue.code === 'too_small' && issue.origin === 'string') return 'must not be empty';
  return undefined;
};

/** Everything that is wrong, in the order of the schema, each thing once. */
export function pathProblems(issues: readonly Issue[], input: unknown): PathProblem[] {
  const problems = issues.flatMap((issue) => problemsOf(issue, [], input));
  // `serevr: x` is one mistake, not an unknown key and a missing one.
  const meant = new Set(problems.map((problem) => problem.suggestion));
  return problems.filter(
    (problem) => !(problem.message.startsWith('is missing') && meant.has(dotted(problem.path))),
  );
}

function problemsOf(issue: Issue, parent: Path, input: unknown): PathProblem[] {
  const path = [...parent, ...issue.path];
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => unknownKey(path, key));
    case 'invalid_union':
      return unionProblems(issue, path, input);
    case 'invalid_value': {
      const typed = typeof issue.input === 'string' ? issue.input : '';
      const suggestion = nearestWord(typed, issue.values.map(String));
      return [{ path, message: issue.message, at: 'value', ...(suggestion && { suggestion }) }];
    }
    default:
      return [{ path, message: issue.message, at: 'value' }];
  }
}

/** A union is told as a whole, unless its input shows which alternative was meant. */
function unionProblems(
  issue: z.core.$ZodIssueInvalidUnion,
  path: Path,
  input: unknown,
): PathProblem[] {
  const known = keysAt(path);
  const value = valueAt(input, path);
  const written = typeof value === 'object' && value !== null ? Object.keys(value) : [];
  const unknown = written.filter((key) => !known.includes(key));
  if (known.length > 0 && unknown.length > 0) return unknown.map((key) => unknownKey(path, key));
  const meant = issue.errors.filter((errors) => errors.every((each) => isAboutAValue(each, value)));
  const [only] = meant;
  if (meant.length === 1 && only !== undefined) {
    return only.flatMap((each) => problemsOf(each, path, input));
  }
  return [{ path, message: issue.message, at: 'value' }];
}

/** Inside an alternative: a wrong value below it, of a key that is there. */
function isAboutAValue(issue: Issue, value: unknown): boolean {
  return issue.path.length > 0 && valueAt(value, issue.path) !== undefined;
}

function unknownKey(path: Path, key: string): PathProblem {
  const near = nearestWord(key, keysAt(path));
  const [elsewhere] = placesOfKey(key);
  const suggestion = near === undefined ? elsewhere : dotted([...path, near]);
  const problem = { path: [...path, key], message: 'unknown key', at: 'key' } as const;
  return suggestion === undefined ? problem : { ...problem, suggestion };
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (inner, step) =>
      typeof inner === 'object' && inner !== null ? Reflect.get(inner, step) : undefined,
    value,
  );
}

function wrongType(expected: string, input: unknown): string {
  if (input === undefined) return 'is missing';
  const wanted = typeNames[expected] ?? expected;
  if (input === null) return `has no value; expected ${wanted}`;
  const quoting = expected === 'string' && typeof input !== 'object' ? '. Write it in quotes' : '';
  return `expected ${wanted}, found ${shown(input)}${quoting}`;
}

const typeNames: Record<string, string> = {
  string: 'text',
  object: 'keys with values',
  array: 'a list',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
};

function shown(input: unknown): string {
  if (Array.isArray(input)) return 'a list';
  if (typeof input === 'object') return 'keys with values';
  if (typeof input === 'string') return `"${input}"`;
  return `${typeof input} ${String(input as number | boolean)}`;
}
