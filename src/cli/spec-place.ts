import { readFile } from 'node:fs/promises';

import type { QuestionRefused } from '../client/client-errors.ts';
import { parseLocatedSpec } from '../spec/parse-spec.ts';
import type { SpecProblem } from '../spec/spec-error.ts';

/** What in the spec at `file` the worker refuses; without a line when it is about something else. */
export type SpecRefusal = SpecProblem & { reason: string };

/** `layout.root: 100 GiB does not fit …`: a refusal that begins with a place in the spec. */
const placed = /^(layout\.(?:root|partitions)): (.*)$/s;

/** Where another spec would help, by the class of the worker's error. */
const places: Record<string, string> = {
  CredentialsMissing: 'provider.account',
  DiskAmbiguous: 'disk',
  DiskNotFound: 'disk',
  DiskUnsuitable: 'disk',
  ProviderNotFound: 'provider.service',
  ReleaseNotFound: 'image',
};

/** The refusal with its place in the spec of which it speaks. Throws SpecError. */
export async function placeOfRefusal(
  { message, reason }: QuestionRefused,
  file: string,
): Promise<SpecRefusal> {
  const [, own, words = message] = placed.exec(message) ?? [];
  const path = own ?? places[reason];
  if (path === undefined) return { file, path: '', message: words, reason };
  const { problemAt } = parseLocatedSpec(await readFile(file, 'utf8'), file);
  return { ...problemAt(path.split('.'), words), reason };
}
