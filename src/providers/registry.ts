import { CredentialsInvalid } from '../secrets/credentials.ts';
import type { Account } from '../secrets/credentials.ts';
import type { ServerSpec } from '../spec/server-spec.ts';
import { imapMailbox } from './imap-mailbox.ts';
import { OvhClient } from './ovh/client.ts';
import { OvhProvider } from './ovh/ovh-provider.ts';
import type { Provider } from './provider.ts';

/** The adapter of one server. Throws CredentialsInvalid when the account is of another kind. */
export function openProvider(reference: ServerSpec['provider'], account: Account): Provider {
  if (account.kind !== reference.kind) {
    throw new CredentialsInvalid(
      `Account "${account.name}" in credentials.yaml is of kind ${String(account.kind)}, but ` +
        `${reference.service} is rented from ${String(reference.kind)}. Name another account.`,
    );
  }
  switch (reference.kind) {
    case 'ovh':
      return new OvhProvider(new OvhClient(account), reference.service, {
        mailHistory: account.mailHistory,
        mailbox: account.mailbox && imapMailbox(account.mailbox),
      });
  }
}
