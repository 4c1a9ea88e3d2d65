import { readFile } from 'node:fs/promises';

import { QuestionRefused } from '../client/client-errors.ts';
import { parseLocatedSpec } from '../spec/parse-spec.ts';

/** `layout.root: 100GiB does not fit …`: a refusal that begins with a place in the spec. */
const placed = /^(layout\.(?:root|partitions)): (.*)$/s;

/**
 * Does `work`, and says of what the worker refuses where in the spec at `path` it is written, and
 * that nothing was changed.
 */
export async function withPlace<Result>(
  path: string,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof QuestionRefused)) throw error;
    const message = `${await located(path, error.message)}\n${nothingChanged(error.message)}`;
    throw new QuestionRefused(message.trimEnd(), error.reason, { cause: error });
  }
}

async function located(path: string, message: string): Promise<string> {
  const [, place, words = ''] = placed.exec(message) ?? [];
  if (place === undefined) return message;
  const { problemAt } = parseLocatedSpec(await readFile(path, 'utf8'), path);
  const { line, column } = problemAt(place.split('.'), words);
  return `${path}:${line}:${column}  ${place}: ${words}`;
}

function nothingChanged(message: string): string {
  return message.includes('Nothing was changed') ? '' : 'Nothing was changed.';
}
