import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { parseDocument } from 'yaml';
import { z } from 'zod';

import type { Mirror } from '../os/mirror.ts';

/**
 * mirrors.yaml says something that cannot be used. The person must correct it.
 *
 * @where preflight
 * @changed Nothing.
 * @remedy Correct mirrors.yaml on the worker, or name the mirror by its URL.
 * @example
 * /etc/ironstep/mirrors.yaml cannot be used.
 * ✖ an http or https URL
 *   → at office.url
 * An entry looks like this:
 *   NAME: { url: https://example.org/{channel}, signedBy: FINGERPRINT, key: /path/key.asc }
 */
export class MirrorsInvalid extends Error {
  override name = 'MirrorsInvalid';
}

const mirrorSchema = z.strictObject({
  url: z.string().regex(/^https?:\/\//, 'a mirror is an http or https URL'),
  signedBy: z
    .string()
    .transform((text) => text.replaceAll(' ', '').toUpperCase())
    .pipe(z.string().regex(/^[0-9A-F]{40}$/, 'the fingerprint of a primary key, 40 hex digits')),
  key: z.string().regex(/^(\/|https?:\/\/)/, 'an absolute path or an http(s) URL'),
});

/**
 * The release servers that the mirrors.yaml in `folder` names; none when there is no such file.
 * Throws MirrorsInvalid.
 */
export async function loadMirrors(folder: string): Promise<Record<string, Mirror>> {
  const file = join(folder, 'mirrors.yaml');
  const text = await readIfThere(file);
  // failsafe: a fingerprint of digits only stays text.
  const document = parseDocument(text, { schema: 'failsafe' });
  const [problem] = document.errors;
  if (problem !== undefined) throw new MirrorsInvalid(`${file}: ${problem.message}`);
  const content: unknown = document.toJS();
  const parsed = z
    .record(z.string(), mirrorSchema)
    .safeParse(content === null || content === '' ? {} : content);
  if (parsed.success) return parsed.data;
  throw new MirrorsInvalid(
    `${file} cannot be used.\n${z.prettifyError(parsed.error)}\n` +
      `An entry looks like this:\n` +
      `  NAME: { url: https://example.org/{channel}, signedBy: FINGERPRINT, key: /path/key.asc }`,
  );
}

async function readIfThere(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}
