import { cancellationSignal } from '@temporalio/activity';

import { deadlines } from '../run/deadlines.ts';
import type { RunTarget, System } from '../run/plan.ts';
import { parseIdentity, type SystemIdentity } from '../run/system-identity.ts';
import type { SshConnection } from '../ssh/connection.ts';
import { SshHostKeyMismatch } from '../ssh/errors.ts';
import type { HostKeyPolicy } from '../ssh/host-key.ts';
import { installScripts, type RemoteScripts } from '../ssh/scripts.ts';
import type { Dependencies } from './dependencies.ts';
import { ServerRebooted } from './run-errors.ts';

/** An open SSH connection with our scripts on the host. Never kept across a reboot. */
export type OpenSystem = AsyncDisposable & {
  connection: SshConnection;
  scripts: RemoteScripts;
  identity: SystemIdentity;
};

/** Rescue asks for root; the installed system knows `core`, who may become root. */
const users = { rescue: 'root', installed: 'core' } as const;

/** Opens whatever answers, under the given host key policy, with our key for that kind. */
export async function openAny(
  dependencies: Dependencies,
  target: RunTarget,
  kind: System['kind'],
  hostKey: HostKeyPolicy,
): Promise<OpenSystem> {
  const purpose = kind === 'rescue' ? 'rescue' : 'login';
  const connection = await dependencies.connect(
    {
      host: target.address,
      port: target.sshPort,
      user: users[kind],
      privateKey: dependencies.keyPair(target.provider, purpose).privateKey,
      hostKey,
    },
    { connectTimeoutMs: deadlines.connectMs, signal: cancellationSignal() },
  );
  try {
    const scripts = await installScripts(connection);
    const identity = parseIdentity((await scripts.runOk('identify', [])).stdout);
    return { connection, scripts, identity, [Symbol.asyncDispose]: () => connection.close() };
  } catch (error) {
    await connection.close();
    throw error;
  }
}

/**
 * Opens a system that was proven before, under its pinned host key, and checks that it is still
 * the same boot. Throws ServerRebooted otherwise: nothing proven about a boot holds for the next.
 * Every boot of a rescue system makes its own host key, so another key there means another boot.
 */
export async function openSystem(
  dependencies: Dependencies,
  target: RunTarget,
  system: System,
): Promise<OpenSystem> {
  const policy: HostKeyPolicy = { kind: 'pinned', keys: [system.hostKey] };
  const open = await openAny(dependencies, target, system.kind, policy).catch((error: unknown) => {
    if (error instanceof SshHostKeyMismatch && system.kind === 'rescue') {
      throw new ServerRebooted(target.server, system.bootId, null);
    }
    throw error;
  });
  if (open.identity.bootId === system.bootId) return open;
  await open[Symbol.asyncDispose]();
  throw new ServerRebooted(target.server, system.bootId, open.identity.bootId);
}
