import type { ImapFlow, FetchMessageObject } from 'imapflow';

import { deadlines } from '../run/deadlines.ts';
import type { MailboxAccount } from '../secrets/credentials.ts';
import { redact } from '../secrets/known-secrets.ts';
import type { Mail, Mailbox } from './mailbox.ts';
import { ProviderAccessRefused, ProviderUnavailable } from './provider-error.ts';

/** A rescue mail has 2 kB, one with a company's disclaimer and its HTML form perhaps 50. */
const mailBytesMax = 256 * 1024;

const dayMs = 86_400_000;

/** The mailbox of an account, by IMAP over TLS. It is opened for each look, and for reading only. */
export function imapMailbox(account: MailboxAccount): Mailbox {
  const name = `${account.user} on ${account.host}`;
  return {
    name,
    mailsAbout: async (service, sinceMs, max, signal) => {
      const client = await open(account, name, signal);
      try {
        return await mailsIn(client, account.folder, { service, sinceMs, max });
      } catch (cause) {
        signal?.throwIfAborted();
        throw unavailable(name, cause);
      } finally {
        client.close();
      }
    },
  };
}

/** Loaded by the first look: a worker without a mailbox has no use for it. */
async function open(
  { host, port, user, password, authority }: MailboxAccount,
  name: string,
  signal: AbortSignal | undefined,
): Promise<ImapFlow> {
  const { ImapFlow } = await import('imapflow');
  signal?.throwIfAborted();
  const { providerCallMs } = deadlines;
  const client = new ImapFlow({
    ...{ host, port, secure: true, logger: false, disableAutoIdle: true },
    auth: { user, pass: password.reveal() },
    ...{ connectionTimeout: providerCallMs, socketTimeout: providerCallMs },
    tls: authority === null ? {} : { ca: authority },
  });
  // Without a listener, a connection that breaks would end the worker.
  client.on('error', () => undefined);
  const abort = (): void => client.close();
  signal?.addEventListener('abort', abort, { once: true });
  try {
    await client.connect();
    return client;
  } catch (cause) {
    client.close();
    signal?.throwIfAborted();
    if (!(cause instanceof Error) || !('authenticationFailed' in cause)) {
      throw unavailable(name, cause);
    }
    // Without the cause: it holds what was said to the server.
    throw new ProviderAccessRefused(
      `The mailbox ${name} does not let us in: check its user and password in credentials.yaml.`,
    );
  } finally {
    signal?.removeEventListener('abort', abort);
  }
}

async function mailsIn(
  client: ImapFlow,
  folder: string,
  { service, sinceMs, max }: { service: string; sinceMs: number; max: number },
): Promise<Mail[]> {
  await client.mailboxOpen(folder, { readOnly: true });
  // IMAP knows days only, and of the server's time zone.
  const since = new Date(sinceMs - dayMs);
  const found = await client.search({ since, header: { subject: service } }, { uid: true });
  const newest = (found === false || found === undefined ? [] : found).slice(-max).toReversed();
  if (newest.length === 0) return [];
  const query = { internalDate: true, source: { maxLength: mailBytesMax } };
  const messages = await client.fetchAll(newest.join(','), query, { uid: true });
  const mails = await Promise.all(messages.map(mailOf));
  return mails.filter(({ dateMs }) => dateMs >= sinceMs - dayMs).toReversed();
}

/** As old as the older of what its writer says and of when it came in: a late mail is old. */
async function mailOf({ source, internalDate }: FetchMessageObject): Promise<Mail> {
  const { default: PostalMime } = await import('postal-mime');
  const { subject, date, text, html } = await PostalMime.parse(source ?? '');
  const written = Date.parse(date ?? '');
  const arrived = internalDate === undefined ? NaN : new Date(internalDate).getTime();
  return { subject: subject ?? '', dateMs: Math.min(written, arrived), body: text ?? html ?? '' };
}

function unavailable(name: string, cause: unknown): ProviderUnavailable {
  const seen = cause instanceof Error ? redact(cause.message) : String(cause);
  return new ProviderUnavailable(`The mailbox ${name} cannot be read: ${seen}.`, { cause });
}
