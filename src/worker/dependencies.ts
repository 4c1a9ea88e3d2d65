import { confirmAttempt } from './confirm-attempt.ts';
import type { Dependencies } from '../activities/dependencies.ts';
import { openProvider } from '../providers/registry.ts';
import { loadAccount } from '../secrets/credentials.ts';
import { deriveKeyPair, deriveMacKey } from '../secrets/derive-key.ts';
import { loadMasterSecret } from '../secrets/master-secret.ts';
import { loadMirrors } from '../secrets/mirrors.ts';
import { signReceipt, verifyReceipt } from '../secrets/receipt-mac.ts';
import { createSettingsStore } from '../settings/settings-store.ts';
import { connect } from '../ssh/connection.ts';
import { connectWithPassword } from '../ssh/password-login.ts';

/**
 * What activities work with, from the worker's configuration folder and its master secret.
 * Throws FileTooOpen and MasterSecretDamaged at the start rather than in the middle of a run.
 */
export async function openDependencies(configFolder: string): Promise<Dependencies> {
  const master = await loadMasterSecret();
  const macKey = deriveMacKey(master, 'receipt');
  return {
    provider: async (reference) =>
      openProvider(reference, await loadAccount(configFolder, reference.account)),
    keyPair: ({ kind, service }, purpose) =>
      deriveKeyPair({ master, server: `${kind}/${service}`, purpose }),
    signReceipt: (text) => signReceipt(macKey, text),
    verifyReceipt: (text) => verifyReceipt(macKey, text),
    confirmAttempt,
    mirrors: () => loadMirrors(configFolder),
    settings: createSettingsStore(),
    connect,
    connectWithPassword,
    fetch,
  };
}
