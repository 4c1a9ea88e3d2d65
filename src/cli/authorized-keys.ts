import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';

import ssh2 from 'ssh2';

import { inHome } from './home-path.ts';

/**
 * What should be a public key is none. The message never quotes it: it may be a private key.
 *
 * @where command line
 * @within SpecError
 * @changed Nothing was asked of anybody.
 * @remedy Name the public key: the file that ends in .pub, one key a line, without options before
 *   it.
 * @example
 * this is a private key; name the public one (its file ends in .pub)
 */
export class NotAPublicKey extends Error {
  override name = 'NotAPublicKey';
}

/** Is this a key itself, and not the path of a file with one? */
export function looksLikeKey(entry: string): boolean {
  return /^(ssh-|ecdsa-|sk-)\S+\s/.test(entry.trim()) || holdsPrivateKey(entry);
}

/**
 * The keys that a person names: one itself, or a file with some, relative to `folder`. Throws
 * NotAPublicKey, and what reading the file throws.
 */
export async function keysNamed(entry: string, folder: string): Promise<string[]> {
  if (looksLikeKey(entry)) return authorizedKeysOf(entry);
  return authorizedKeysOf(await readFile(resolve(folder, inHome(entry)), 'utf8'));
}

/**
 * The keys in a public key file or an authorized_keys file, one a line. Throws NotAPublicKey when
 * a line is something else, or when there is none.
 */
export function authorizedKeysOf(text: string): string[] {
  if (holdsPrivateKey(text)) {
    throw new NotAPublicKey('this is a private key; name the public one (its file ends in .pub)');
  }
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  if (lines.length === 0) throw new NotAPublicKey('there is no key in it');
  return lines.map((line) => {
    if (isPublicKey(line)) return line;
    throw new NotAPublicKey(
      'this is not an OpenSSH public key (a line that begins with ssh-ed25519 or the like, ' +
        'without options before it)',
    );
  });
}

function holdsPrivateKey(text: string): boolean {
  return /PRIVATE KEY|^PuTTY-User-Key-File/m.test(text);
}

function isPublicKey(line: string): boolean {
  const [type = '', blob = ''] = line.split(/\s+/);
  // ssh2 does not know keys that live in a security token; their blob begins with their type too.
  if (/^sk-\S+@openssh\.com$/.test(type)) {
    const bytes = Buffer.from(blob, 'base64');
    return bytes.length > 40 && bytes.subarray(4, 4 + type.length).toString() === type;
  }
  const parsed = ssh2.utils.parseKey(line);
  return !(parsed instanceof Error) && !parsed.isPrivateKey();
}
