/** A mail as a provider's history or a mailbox shows it. Anybody may have written it. */
export type Mail = {
  subject: string;
  /** Epoch milliseconds; NaN when it has none. */
  dateMs: number;
  /** Plain text or HTML. */
  body: string;
};

/** A mailbox that receives the provider's mails. */
export type Mailbox = {
  /** `me@example.org on imap.example.org`. */
  name: string;
  /**
   * The newest mails that name the service and came in since `sinceMs` (epoch milliseconds), newest
   * first, no more than `max`. Throws ProviderError.
   */
  mailsAbout(service: string, sinceMs: number, max: number, signal?: AbortSignal): Promise<Mail[]>;
};
