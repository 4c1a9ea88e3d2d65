import type { Secret } from '../secrets/secret.ts';

/** Ways into a rescue system. `rescue-key` and `person` need no password of the provider's. */
export type CredentialChannel = 'rescue-key' | 'secret' | 'provider-mail' | 'mailbox' | 'person';

/** The boot whose password is looked for. */
export type RescueBoot = {
  /** Where the server answers; a mail that names another address is another server's. */
  address: string;
  /** Epoch milliseconds of the worker: what is older belongs to an earlier boot. */
  sentAtMs: number;
  /** From `armRescue`; null: the provider's mails are not read. */
  mailWatermark: number | null;
};

/** What one channel has now. None of it says that a password is right: a login does. */
export type PasswordAnswer =
  | { kind: 'passwords'; passwords: Secret[] }
  /** Worth another look later. */
  | { kind: 'not-yet'; seen: string }
  /** It will have none for this boot. */
  | { kind: 'none'; seen: string };

/** One way to root's password of a rescue boot. */
export type PasswordChannel = {
  name: Exclude<CredentialChannel, 'rescue-key' | 'person'>;
  /** In words: "OVH's authentication secret". */
  label: string;
  /** Asks it. What the provider refuses or fails to say is an answer too. */
  look(signal?: AbortSignal): Promise<PasswordAnswer>;
};
