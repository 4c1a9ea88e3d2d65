import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

import { readPrivateFile } from '../secrets/private-file.ts';

/**
 * The tokens file of the codec server cannot be used. Its owner must correct it.
 *
 * @where command line
 * @changed The codec server did not start, or answers nobody until the file is right.
 * @remedy Correct the line in the message: a name, a space, and a long random token.
 * @example
 * /run/secrets/codec_tokens:2: write NAME TOKEN, the token of 32 characters or more. To make one: \
 * deploy/make-secrets.sh token NAME
 */
export class CodecTokensInvalid extends Error {
  override name = 'CodecTokensInvalid';
}

/** Who may see what runs carry: people by name, each with a token of their own. */
export type CodecAccess = {
  /** The person whose token this is. */
  whoseToken(token: string): Promise<string | null>;
  /** The person who was given this session, unless it is over or their token has changed. */
  whoseSession(session: string): Promise<string | null>;
  /** A session for the owner of this token, to be kept by a browser; null when it is nobody's. */
  openSession(token: string): Promise<string | null>;
};

/** How long a browser may decode before its person is asked again: a working day. */
export const sessionMs = 12 * 60 * 60 * 1000;

/** 32 characters of base64 hold 192 bits; nobody remembers or guesses such a token. */
const tokenLengthMin = 32;

/**
 * The people in the file at `path`, one line each: `NAME TOKEN`. It is read anew at every
 * question, so that a line that is removed or changed shuts out its person at once, sessions
 * included: a session is signed with the token, and nothing is stored. Every question throws
 * CodecTokensInvalid or FileTooOpen when the file cannot be used.
 */
export function openCodecAccess(path: string, nowMs: () => number = Date.now): CodecAccess {
  const find = async (token: string): Promise<Person | null> => {
    const people = await readPeople(path);
    return people.find((person) => areEqual(person.token, token)) ?? null;
  };
  return {
    whoseToken: async (token) => (await find(token))?.name ?? null,
    async openSession(token) {
      const person = await find(token);
      return person === null ? null : seal(person, nowMs() + sessionMs);
    },
    async whoseSession(session) {
      const [name, expires] = session.split('.');
      const person = (await readPeople(path)).find((each) => each.name === name);
      if (person === undefined || !(Number(expires) > nowMs())) return null;
      return areEqual(seal(person, Number(expires)), session) ? person.name : null;
    },
  };
}

type Person = { name: string; token: string };

/** `NAME.END.MAC`, END in epoch milliseconds. */
function seal({ name, token }: Person, endMs: number): string {
  const mac = createHmac('sha256', token).update(`ironstep codec session\n${name}\n${endMs}`);
  return `${name}.${endMs}.${mac.digest('base64url')}`;
}

/** In a time that tells nothing of either text. */
function areEqual(one: string, other: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}

async function readPeople(path: string): Promise<Person[]> {
  const lines = (await readPrivateFile(path)).toString('utf8').split('\n');
  return lines.flatMap((line, index) => {
    if (line.trim() === '' || line.startsWith('#')) return [];
    const [, name, token] = /^([A-Za-z0-9_-]+) +(\S+)\s*$/.exec(line) ?? [];
    if (name === undefined || token === undefined || token.length < tokenLengthMin) {
      throw new CodecTokensInvalid(
        `${path}:${index + 1}: write NAME TOKEN, the token of ${tokenLengthMin} characters or ` +
          `more. To make one: deploy/make-secrets.sh token NAME`,
      );
    }
    return [{ name, token }];
  });
}
