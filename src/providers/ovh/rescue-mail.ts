import type { Mail } from '../mailbox.ts';

/** The boot that a mail has to be about. */
export type MailedBoot = {
  /** OVH's name of the server, which stands in the subject in brackets. */
  service: string;
  address: string;
  /** Epoch milliseconds; what is older belongs to an earlier boot. */
  sinceMs: number;
};

/** What a mail says about root's password of this boot. */
export type MailReading =
  /** The current template: an id that `POST /secret/retrieve` turns into the password. */
  | { kind: 'secret'; secretId: string }
  /** The old template of Kimsufi. */
  | { kind: 'password'; password: string }
  /** Not this boot's, or not to be trusted; never with a value of the mail's. */
  | { kind: 'other'; why: string };

/** OVH's are of 2 kB. What is longer costs time to read, and is not about a rescue boot. */
const bodyLengthMax = 20_000;

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const secretHosts = new Set(['www.ovh.com', 'ovh.com']);
const url = /https?:\/\/[^\s<>"')\]]+/gi;
const addressLine = /^[^:\n]{0,40}\bIP\b[^:\n]{0,40}:\s*\d{1,3}(?:\.\d{1,3}){3}\b/im;
const anyAddress = /\d{1,3}(?:\.\d{1,3}){3}/g;
/** English, French, German, Spanish, Italian, Dutch, Polish, Portuguese. */
const passwordLine =
  /^\W*(?:password|mot de passe|passwort|kennwort|contraseña|wachtwoord|hasło|palavra-passe|senha)\s*:[^\S\n]*(\S+)[^\S\n]*$/gimu;

/**
 * Reads one mail. It counts only when its subject names the server in brackets (`[ns1]` is not
 * `[ns10]`), when it is not older than the boot, and when the address that it names is the
 * server's. The language does not count: some accounts get French whatever they chose (OVH's
 * rescue guide). No URL of a mail is ever fetched: of a link to OVH's secrets the id is taken, and
 * any other link to a secret makes the mail a forged one.
 */
export function readRescueMail(mail: Mail, boot: MailedBoot): MailReading {
  if (mail.body.length > bodyLengthMax) return other('it is too long');
  const body = plainText(mail.body);
  if (!namesInBrackets(mail.subject).includes(boot.service.toLowerCase())) {
    return other(`it is not about [${boot.service}]`);
  }
  // Mails are dated to the second.
  if (!(mail.dateMs >= Math.floor(boot.sinceMs / 1000) * 1000)) {
    return other('it is of an earlier boot');
  }
  if (!addressLine.test(body)) return other('it names no IP address');
  // Wherever it stands: a mail about two addresses is none for this one.
  if (body.match(anyAddress)?.some((address) => address !== boot.address)) {
    return other(`it names another address than ${boot.address}`);
  }
  return readSecret(body) ?? readPassword(body);
}

function readSecret(body: string): MailReading | null {
  const links = (body.match(url) ?? []).filter((link) => /secret/i.test(link));
  if (links.length === 0) return null;
  const ids = new Set(links.map(secretIdOf));
  if (ids.has(null)) return other('its link to the secret does not lead to OVH');
  return onlyOne(ids, 'it links to several secrets', (secretId) => ({ kind: 'secret', secretId }));
}

/** `https://www.ovh.com/manager/secret/#?id=UUID`, and nothing like it. */
function secretIdOf(link: string): string | null {
  if (!URL.canParse(link)) return null;
  const { protocol, host, username, password, pathname, search, hash } = new URL(link);
  const isOvh = protocol === 'https:' && secretHosts.has(host) && username + password === '';
  if (!isOvh || pathname !== '/manager/secret/') return null;
  const id = /^(?:\?|#\/?\?)id=(\S+)$/.exec(search + hash)?.[1] ?? '';
  return uuid.test(id) ? id.toLowerCase() : null;
}

function readPassword(body: string): MailReading {
  const found = new Set([...body.matchAll(passwordLine)].map((match) => match[1] ?? ''));
  if (found.size === 0) return other('there is no password in it');
  if ([...found].some((word) => /^\w+:\/\//.test(word))) return other('its password is a link');
  return onlyOne(found, 'it has several passwords', (password) => ({ kind: 'password', password }));
}

function onlyOne<T>(
  found: Set<T | null>,
  otherwise: string,
  reading: (one: T) => MailReading,
): MailReading {
  const [one] = found;
  return found.size === 1 && one !== null && one !== undefined ? reading(one) : other(otherwise);
}

function namesInBrackets(subject: string): string[] {
  return [...subject.matchAll(/\[([^[\]]*)\]/g)].map((match) => (match[1] ?? '').toLowerCase());
}

/** The text of an HTML mail, a line for each of its blocks; anything else as it is. */
function plainText(body: string): string {
  if (!/<(?:html|body|br|p|div|table)\b/i.test(body)) return body;
  return body
    .replaceAll(/<(?:style|script)\b[\s\S]*?<\/(?:style|script)>/gi, '')
    .replaceAll(/<a\b[^>]*\bhref="([^"]*)"[^>]*>/gi, ' $1 ')
    .replaceAll(/<(?:br|\/?p|\/?div|\/?tr|\/?li|\/?h\d)\b[^>]*>/gi, '\n')
    .replaceAll(/<[^>]*>/g, '')
    .replaceAll('&nbsp;', ' ')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
}

function other(why: string): MailReading {
  return { kind: 'other', why };
}
