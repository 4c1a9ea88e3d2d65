import type { IncomingMessage } from 'node:http';

import type { CodecAccess } from './codec-access.ts';
import { sessionMs } from './codec-access.ts';

/** What a team's codec server needs to know about who asks. */
export type CodecTeam = {
  access: CodecAccess;
  /** Where people reach this server, as they type it: `http://127.0.0.1:8234`. */
  publicUrl: URL;
};

const cookieName = 'ironstep_codec';

/**
 * The person that a request comes from: by `Authorization: Bearer TOKEN` (the Temporal CLI), or by
 * the session that the login page left in the browser (the Temporal UI). Null for nobody.
 */
export async function whoAsks(
  { headers }: IncomingMessage,
  { access }: CodecTeam,
): Promise<string | null> {
  const [, token] = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '') ?? [];
  if (token !== undefined) return access.whoseToken(token);
  const cookies = (headers.cookie ?? '').split(/; */);
  const cookie = cookies.find((each) => each.startsWith(`${cookieName}=`));
  return cookie === undefined ? null : access.whoseSession(cookie.slice(cookieName.length + 1));
}

/**
 * The cookie of a session. Strict is enough for the Temporal UI: another port of the same host,
 * and another host of the same domain, are the same site. Scripts cannot read it.
 */
export function sessionCookie(session: string, { publicUrl }: CodecTeam): string {
  const secure = publicUrl.protocol === 'https:' ? '; Secure' : '';
  const maxAge = Math.floor(sessionMs / 1000);
  return `${cookieName}=${session}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${maxAge}${secure}`;
}

/** The cookie that ends a session in this browser. */
export const noSessionCookie = `${cookieName}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0`;

/** The page where a person logs in; it has no script and nothing from elsewhere. */
export function loginPage(person: string | null, said = ''): string {
  const form =
    person === null
      ? `<form method="post" action="/login">
<p><label>Your token <input type="password" name="token" autocomplete="current-password" autofocus
required></label> <button>Log in</button></p>
</form>
<p>It is the word behind your name in codec.tokens, where this server runs.</p>`
      : `<p>You are logged in as ${person}. Reload the Temporal UI: it shows what runs carry.</p>
<form method="post" action="/logout"><button>Log out</button></form>`;
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>ironstep codec server</title>
<h1>ironstep codec server</h1>
<p>Temporal keeps what runs carry encrypted. This server decrypts it for the Temporal UI.</p>
${said === '' ? '' : `<p role="alert">${said}</p>\n`}${form}
</html>
`;
}

/** For every page of this server. */
export const pageHeaders = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': "default-src 'none'; form-action 'self'; frame-ancestors 'none'",
  'cache-control': 'no-store',
  'referrer-policy': 'same-origin',
};
