import { MockActivityEnvironment } from '@temporalio/testing';
import { expect, it } from 'vitest';

import type { RunTarget, System } from '../run/plan.ts';
import { SshHostKeyMismatch } from '../ssh/errors.ts';
import type { Dependencies } from './dependencies.ts';
import { openSystem } from './open-system.ts';

const target: RunTarget = {
  server: 'core1',
  provider: { kind: 'ovh', service: 'ns1', account: 'lab' },
  address: '127.0.0.1',
  sshPort: 22,
};

function systemOf(kind: System['kind']): System {
  const facts = { bootId: '1d8e50da-4c54', hostKey: 'ssh-ed25519 AAAA', user: 'root' };
  return { kind, ...facts, waitedMs: 1, kernel: '6.1.0' };
}

/** Something else answers than what was pinned. */
const dependencies: Partial<Dependencies> = {
  keyPair: () => ({ privateKey: '', publicKey: '', fingerprint: '' }),
  connect: () => Promise.reject(new SshHostKeyMismatch('core1:22', ['SHA256:a'], 'SHA256:b')),
};

it.each([
  ['of a rescue boot is another boot: the run looks again', 'rescue', 'ServerRebooted'],
  ['of an installed system stops the run', 'installed', 'SshHostKeyMismatch'],
] as const)('another host key than that %s', async (_, kind, name) => {
  const attempt = new MockActivityEnvironment();
  const opened = attempt.run(() =>
    openSystem(dependencies as Dependencies, target, systemOf(kind)),
  );
  await expect(opened).rejects.toMatchObject({ name });
});
