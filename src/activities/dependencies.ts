import type { SshConnection, SshTarget } from '../ssh/connection.ts';
import type { connectWithPassword } from '../ssh/password-login.ts';
import type { Mirror } from '../os/mirror.ts';
import type { Provider } from '../providers/provider.ts';
import type { KeyPair } from '../secrets/derive-key.ts';
import type { SettingsStore } from '../settings/settings-store.ts';
import type { KeyPurpose } from '../run/plan.ts';
import type { ServerSpec } from '../spec/server-spec.ts';

type ProviderReference = ServerSpec['provider'];

/** What activities need from the worker; the worker composes it, tests replace parts of it. */
export type Dependencies = {
  /** Opens the adapter with the account's credentials, read anew so that a new key counts. */
  provider(reference: ProviderReference): Promise<Provider>;
  /** Keys of one server, derived from the worker's master secret (invariant 7). */
  keyPair(reference: ProviderReference, purpose: KeyPurpose): KeyPair;
  /** Authenticates what ironstep leaves on a disk. */
  signReceipt(text: string): string;
  verifyReceipt(text: string): boolean;
  /**
   * Throws unless Temporal confirms that this attempt still counts: before anything is changed
   * that a late riser must not change. `details` are left for a later attempt.
   */
  confirmAttempt(details?: unknown): Promise<void>;
  mirrors(): Promise<Record<string, Mirror>>;
  settings: SettingsStore;
  connect(
    target: SshTarget,
    options: { connectTimeoutMs: number; signal?: AbortSignal },
  ): Promise<SshConnection>;
  /** Sends a password once; see ssh/exchange-password.ts. */
  connectWithPassword: typeof connectWithPassword;
  fetch: typeof fetch;
};
