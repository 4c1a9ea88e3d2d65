import { createServer, type AddressInfo, type Server } from 'node:net';

import { MockActivityEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { newKeyPair } from '../../test/fixtures/key-pair.ts';
import { defaultPace } from '../run/pace.ts';
import type { RunTarget } from '../run/plan.ts';
import { SshAuthRefused, SshHostKeyMismatch } from '../ssh/errors.ts';
import type { HostKeyPolicy } from '../ssh/host-key.ts';
import type { Dependencies } from './dependencies.ts';
import { createDiskAnswerActivities, type AnyDiskWait } from './disk-answer.ts';

/** Something that answers with an SSH banner; who it is, the stand-in for `connect` decides. */
let server: Server;

beforeAll(async () => {
  server = createServer((socket) => socket.end('SSH-2.0-test\r\n'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

const hostKey = newKeyPair('root@core1').publicKey;
const foreign = new SshHostKeyMismatch('core1:22', ['SHA256:ours'], 'SHA256:9vX');
const refused = new SshAuthRefused('core1:22', {
  user: 'root',
  key: 'ours',
  hostKey: 'ssh-ed25519 AAAA',
});

/** What `waitForDisk` makes of a server that answers the login with `pinned`, and any with `any`. */
function answer(pinned: Error, changes: Partial<AnyDiskWait> = {}, any: Error = refused) {
  const connect = async ({ hostKey: policy }: { hostKey: HostKeyPolicy }) =>
    Promise.reject(policy.kind === 'pinned' ? pinned : any);
  const dependencies = {
    connect,
    keyPair: () => ({ privateKey: '', publicKey: 'ssh-ed25519 BBBB' }),
  } as unknown as Dependencies;
  const { port } = server.address() as AddressInfo;
  const target = { server: 'core1', provider: {}, address: '127.0.0.1', sshPort: port };
  const activities = createDiskAnswerActivities(dependencies);
  const wait: AnyDiskWait = {
    sentAtMs: Date.now(),
    deadlineMs: 0,
    hostKey,
    leavingHostKey: null,
    knownBootIds: [],
    ours: false,
    pace: { ...defaultPace, pollMs: 1 },
    ...changes,
  };
  return new MockActivityEnvironment().run(() =>
    activities.waitForDisk(target as unknown as RunTarget, wait),
  );
}

it('another system is told with the host key that it shows, and nothing of it is pinned', async () => {
  expect(await answer(foreign)).toMatchObject({
    kind: 'foreign',
    hostKeyFingerprint: 'SHA256:9vX',
  });
});

it('where our system is on the disk, another one stops the run', async () => {
  await expect(answer(foreign, { ours: true })).rejects.toBe(foreign);
});

it('our system that refuses us: first it may not be ready, after a while it is locked', async () => {
  const soon = answer(refused);
  await expect(soon).rejects.toThrow('Last seen: it answers, but takes no key yet');
  const sentAtMs = Date.now() - defaultPace.oldSystemDeadlineMs - 1;
  expect(await answer(refused, { sentAtMs })).toMatchObject({ kind: 'locked' });
});
