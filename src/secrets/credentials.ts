import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { resolve } from 'node:path';

import { parseDocument } from 'yaml';
import { z } from 'zod';

import { readPrivateFile } from './private-file.ts';
import { Secret } from './secret.ts';

/**
 * There is no credentials.yaml, or no such account in it. The person must write one.
 *
 * @where preflight, any phase
 * @changed Nothing was sent to the provider.
 * @remedy Write the account into credentials.yaml on the worker, mode 0600; it is read anew at
 *   every call.
 * @example
 * /etc/ironstep/credentials.yaml has no account "kimsufi" (it has: none).
 * Write it like this, with mode 0600; a value may also be env:NAME or file:PATH:
 *   ACCOUNT:
 *     kind: ovh
 *     endpoint: kimsufi-eu
 *     applicationKey: ...
 *     applicationSecret: ...
 *     consumerKey: ...
 */
export class CredentialsMissing extends Error {
  override name = 'CredentialsMissing';
}

/**
 * credentials.yaml says something that cannot be used. The person must correct it.
 *
 * @where preflight, any phase
 * @changed Nothing was sent to the provider.
 * @remedy Correct credentials.yaml on the worker; no message shows a value of it. It is read anew
 *   at every call.
 * @example
 * Account "lab" in credentials.yaml is of kind ovh, but ns3012345 is rented from dedibox. Name \
 * another account.
 */
export class CredentialsInvalid extends Error {
  override name = 'CredentialsInvalid';
}

/** How to call a provider. It prints as `[secret]` where it must not be read. */
export type Account = {
  name: string;
  kind: 'ovh';
  /** Base URL of the API, up to and with its version. */
  endpoint: string;
  applicationKey: Secret;
  applicationSecret: Secret;
  consumerKey: Secret;
  /** Look for a rescue password in the service mails that the provider's API shows. */
  mailHistory: boolean;
  /** Look for it in this mailbox, which receives the provider's mails. */
  mailbox: MailboxAccount | null;
};

/** How to read a mailbox, by IMAP over TLS. */
export type MailboxAccount = {
  host: string;
  port: number;
  user: string;
  password: Secret;
  folder: string;
  /** PEM of the authority that signed the server's certificate; null: the usual ones. */
  authority: string | null;
};

/** OVH's platforms; a key works only on the one where it was made. Names as in OVH's own SDKs. */
const ovhEndpoints: Record<string, string> = {
  'ovh-eu': 'https://eu.api.ovh.com/1.0',
  'ovh-ca': 'https://ca.api.ovh.com/1.0',
  'ovh-us': 'https://api.us.ovhcloud.com/1.0',
  'kimsufi-eu': 'https://eu.api.kimsufi.com/1.0',
  'kimsufi-ca': 'https://ca.api.kimsufi.com/1.0',
  'soyoustart-eu': 'https://eu.api.soyoustart.com/1.0',
  'soyoustart-ca': 'https://ca.api.soyoustart.com/1.0',
};

const endpoint = z
  .string()
  .transform((text) => (ovhEndpoints[text] ?? text).replace(/\/+$/, ''))
  .refine(isSafeUrl, {
    message: `use one of ${Object.keys(ovhEndpoints).join(', ')}, or an https URL`,
  });

/** Every scalar of the file is text. */
const mailboxSchema = z.strictObject({
  host: z.string().min(1),
  port: z
    .string()
    .regex(/^\d{1,5}$/, 'a port')
    .default('993')
    .transform(Number),
  user: z.string().min(1),
  password: z.string().min(1),
  folder: z.string().min(1).default('INBOX'),
  authority: z.string().startsWith('file:', 'file:PATH of a PEM file').optional(),
});

const accountSchema = z.strictObject({
  kind: z.literal('ovh'),
  endpoint,
  applicationKey: z.string().min(1),
  applicationSecret: z.string().min(1),
  consumerKey: z.string().min(1),
  mailHistory: z.stringbool({ truthy: ['true'], falsy: ['false'] }).default(false),
  mailbox: mailboxSchema.optional(),
});

const howTo = `Write it like this, with mode 0600; a value may also be env:NAME or file:PATH:
  ACCOUNT:
    kind: ovh
    endpoint: kimsufi-eu
    applicationKey: ...
    applicationSecret: ...
    consumerKey: ...`;

/**
 * The account of this name from the credentials.yaml in `folder`, read anew at every call, so that
 * a new key counts at once. Throws CredentialsMissing, CredentialsInvalid or FileTooOpen; no
 * message shows a value.
 */
export async function loadAccount(folder: string, name: string): Promise<Account> {
  const file = resolve(folder, 'credentials.yaml');
  const accounts = parseAccounts(file, await readCredentials(file));
  if (!Object.hasOwn(accounts, name)) {
    const known = Object.keys(accounts).join(', ') || 'none';
    throw new CredentialsMissing(`${file} has no account "${name}" (it has: ${known}).\n${howTo}`);
  }
  const parsed = accountSchema.safeParse(accounts[name]);
  if (!parsed.success) {
    throw new CredentialsInvalid(
      `${file}: account "${name}" cannot be used.\n${z.prettifyError(parsed.error)}\n${howTo}`,
    );
  }
  const { kind, endpoint: url, mailHistory, mailbox } = parsed.data;
  const secret = async (field: 'applicationKey' | 'applicationSecret' | 'consumerKey') =>
    new Secret(await resolveValue(parsed.data[field], `${file}: ${name}.${field}`, folder));
  return {
    ...{ name, kind, endpoint: url, mailHistory },
    applicationKey: await secret('applicationKey'),
    applicationSecret: await secret('applicationSecret'),
    consumerKey: await secret('consumerKey'),
    mailbox:
      mailbox === undefined
        ? null
        : await mailboxAccount(mailbox, `${file}: ${name}.mailbox`, folder),
  };
}

async function mailboxAccount(
  { password, authority, ...server }: z.output<typeof mailboxSchema>,
  where: string,
  folder: string,
): Promise<MailboxAccount> {
  return {
    ...server,
    password: new Secret(await resolveValue(password, `${where}.password`, folder)),
    // A certificate is no secret, so others may read its file.
    authority: authority === undefined ? null : await readAuthority(authority, where, folder),
  };
}

async function readAuthority(value: string, where: string, folder: string): Promise<string> {
  const file = resolve(folder, value.replace(/^file:/, ''));
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new CredentialsInvalid(`${where}.authority: ${file} cannot be read.`, { cause });
  }
}

async function readCredentials(file: string): Promise<string> {
  try {
    return (await readPrivateFile(file)).toString('utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new CredentialsMissing(`There is no ${file}.\n${howTo}`, { cause: error });
  }
}

function parseAccounts(file: string, text: string): Record<string, unknown> {
  // failsafe: every scalar stays a string, so a key of digits only is not rounded to a number.
  const document = parseDocument(text, { schema: 'failsafe' });
  const [problem] = document.errors;
  if (problem !== undefined) {
    // yaml's own message quotes the line, and with it the secret.
    const line = problem.linePos?.[0].line ?? 1;
    throw new CredentialsInvalid(`${file}:${line}: not YAML (${problem.code}).\n${howTo}`);
  }
  const content: unknown = document.toJS();
  if (content === null || content === '') return {};
  const parsed = z.record(z.string(), z.unknown()).safeParse(content);
  if (!parsed.success) throw new CredentialsInvalid(`${file}: no accounts by name.\n${howTo}`);
  return parsed.data;
}

async function resolveValue(value: string, where: string, folder: string): Promise<string> {
  const [, scheme, rest = ''] = /^(env|file):(.+)$/.exec(value) ?? [];
  if (scheme === undefined) return value;
  const found = scheme === 'env' ? process.env[rest] : await readValue(rest, where, folder);
  const text = found?.trim() ?? '';
  if (text === '') throw new CredentialsInvalid(`${where} points to ${value}, which is empty.`);
  return text;
}

async function readValue(path: string, where: string, folder: string): Promise<string> {
  const file = resolve(folder, path.replace(/^~(?=\/)/, homedir()));
  try {
    return (await readPrivateFile(file)).toString('utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    throw new CredentialsInvalid(`${where} points to ${file}, which cannot be read.`, {
      cause: error,
    });
  }
}

/** The consumer key travels in a header, so plain HTTP goes to this machine only (the lab). */
function isSafeUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, username, search, hash } = new URL(text);
  if (username !== '' || search !== '' || hash !== '') return false;
  const loopback = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname);
  return protocol === 'https:' || (protocol === 'http:' && loopback);
}
