import { redact } from '../../secrets/known-secrets.ts';
import { Secret } from '../../secrets/secret.ts';
import {
  ProviderError,
  ProviderNotFound,
  ProviderOutcomeUnknown,
  ProviderUnavailable,
} from '../provider-error.ts';
import type { PasswordAnswer, PasswordChannel, RescueBoot } from '../rescue-password.ts';
import type { Mail, Mailbox } from '../mailbox.ts';
import type { OvhClient } from './client.ts';
import { readRescueMail } from './rescue-mail.ts';
import type { MailedBoot } from './rescue-mail.ts';
import { accessSchema, idsSchema, mailSchema, secretSchema } from './schemas.ts';

export const mailHistoryPath = '/me/notification/email/history';

/** A rescue boot sends one mail; more than these since it are not looked through. */
const mailsMax = 20;

/**
 * Secrets that this process has retrieved, by id: whether one can be retrieved twice is not known
 * (OVH says "7 days after opening" in one place), and a login may have to be tried again after a
 * broken connection. Forgotten oldest first.
 */
const retrieved = new Map<string, Secret>();
const retrievedMax = 50;

/** What the channels of one server ask. */
export type PasswordSources = {
  client: OvhClient;
  service: string;
  serverPath: string;
  /** The account lets its service mails be read by API. */
  mailHistory: boolean;
  mailbox: Mailbox | null;
};

/** The channels to root's password of a rescue boot, in the order in which they are tried. */
export function passwordChannels(sources: PasswordSources, boot: RescueBoot): PasswordChannel[] {
  const channel = (
    name: PasswordChannel['name'],
    label: string,
    look: (signal?: AbortSignal) => Promise<PasswordAnswer>,
  ): PasswordChannel => ({ name, label, look: (signal) => answered(look, signal) });
  const { mailHistory, mailbox } = sources;
  return [
    channel('secret', "OVH's authentication secret", (signal) => lookAtSecret(sources, signal)),
    ...(mailHistory
      ? [channel('provider-mail', "OVH's mails", (signal) => lookAtMails(sources, boot, signal))]
      : []),
    ...(mailbox === null
      ? []
      : [
          channel('mailbox', `the mailbox ${mailbox.name}`, (signal) =>
            lookInMailbox(sources, mailbox, boot, signal),
          ),
        ]),
  ];
}

/** A channel that fails is one that has nothing now: the wait goes on with the others. */
async function answered(
  look: (signal?: AbortSignal) => Promise<PasswordAnswer>,
  signal: AbortSignal | undefined,
): Promise<PasswordAnswer> {
  try {
    return await look(signal);
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    const mayMend = error instanceof ProviderUnavailable || error instanceof ProviderOutcomeUnknown;
    return { kind: mayMend ? 'not-yet' : 'none', seen: redact(error.message) };
  }
}

/** What it answers may be the password of the installed system: only a login tells. */
async function lookAtSecret(
  { client, serverPath }: PasswordSources,
  signal?: AbortSignal,
): Promise<PasswordAnswer> {
  const path = `${serverPath}/authenticationSecret`;
  const accesses = await client.post(path, accessSchema, { sendByMs: Infinity, signal });
  const ids = accesses
    .filter(({ type, user }) => type === 'SSH' && (user ?? 'root') === 'root')
    .map(({ password }) => password ?? '')
    .filter((id) => id !== '');
  if (ids.length === 0) return { kind: 'not-yet', seen: 'it has none for this server' };
  return retrieveAll(client, ids, signal);
}

async function lookAtMails(
  { client, service }: PasswordSources,
  boot: RescueBoot,
  signal?: AbortSignal,
): Promise<PasswordAnswer> {
  const ids = await client.get(mailHistoryPath, idsSchema, signal);
  const fresh = ids
    .filter((id) => id > (boot.mailWatermark ?? 0))
    .sort((a, b) => b - a)
    .slice(0, mailsMax);
  const mails: Mail[] = [];
  for (const id of fresh) {
    const { subject, date, body } = await client.get(
      `${mailHistoryPath}/${id}`,
      mailSchema,
      signal,
    );
    mails.push({ subject: subject ?? '', dateMs: Date.parse(date ?? ''), body: body ?? '' });
  }
  return readMails(client, mails, await mailedBoot(client, service, boot), signal);
}

async function lookInMailbox(
  { client, service }: PasswordSources,
  mailbox: Mailbox,
  boot: RescueBoot,
  signal?: AbortSignal,
): Promise<PasswordAnswer> {
  const about = await mailedBoot(client, service, boot);
  const mails = await mailbox.mailsAbout(service, about.sinceMs, mailsMax, signal);
  return readMails(client, mails, about, signal);
}

/** Mails carry OVH's time, and the worker's clock may be wrong by minutes. */
async function mailedBoot(
  client: OvhClient,
  service: string,
  { address, sentAtMs }: RescueBoot,
): Promise<MailedBoot> {
  return { service, address, sinceMs: sentAtMs + (await client.clockAheadMs()) };
}

async function readMails(
  client: OvhClient,
  mails: Mail[],
  about: MailedBoot,
  signal?: AbortSignal,
): Promise<PasswordAnswer> {
  const readings = mails.map((mail) => readRescueMail(mail, about));
  const plain = readings.flatMap((reading) =>
    reading.kind === 'password' ? [new Secret(reading.password)] : [],
  );
  const ids = readings.flatMap((reading) => (reading.kind === 'secret' ? [reading.secretId] : []));
  if (ids.length > 0) {
    const answer = await retrieveAll(client, [...new Set(ids)], signal);
    if (answer.kind === 'passwords')
      return { ...answer, passwords: [...plain, ...answer.passwords] };
    if (plain.length === 0) return answer;
  }
  if (plain.length > 0) return { kind: 'passwords', passwords: plain };
  const whys = readings.flatMap((reading) => (reading.kind === 'other' ? [reading.why] : []));
  const passedOver = [...new Set(whys)].join(', ');
  const seen =
    whys.length === 0 ? 'no mail since the reset' : `no mail of this boot (seen: ${passedOver})`;
  return { kind: 'not-yet', seen };
}

async function retrieveAll(
  client: OvhClient,
  ids: string[],
  signal?: AbortSignal,
): Promise<PasswordAnswer> {
  const passwords: Secret[] = [];
  for (const id of ids) {
    const password = retrieved.get(id) ?? (await retrieve(client, id, signal));
    if (password !== null) passwords.push(password);
  }
  if (passwords.length > 0) return { kind: 'passwords', passwords };
  return { kind: 'none', seen: 'its secret can no longer be retrieved' };
}

/** Null: expired, retrieved before, or a platform that has no such call (seen on CA). */
async function retrieve(
  client: OvhClient,
  id: string,
  signal?: AbortSignal,
): Promise<Secret | null> {
  // Whoever has the id has the password: the call asks for no key.
  const secretId = new Secret(id);
  try {
    const body = { id: secretId.reveal() };
    const { secret } = await client.postOpen('/secret/retrieve', body, secretSchema, signal);
    const password = new Secret(secret);
    retrieved.set(id, password);
    const [oldest] = retrieved.keys();
    if (retrieved.size > retrievedMax && oldest !== undefined) retrieved.delete(oldest);
    return password;
  } catch (error) {
    if (error instanceof ProviderNotFound) return null;
    throw error;
  }
}
