import { MockActivityEnvironment } from '@temporalio/testing';
import { expect, it } from 'vitest';

import type { Plan, System } from '../run/plan.ts';
import type { SshConnection } from '../ssh/connection.ts';
import type { Dependencies } from './dependencies.ts';
import { seeDisk, type Seen } from './see-disk.ts';

const bootId = '1d8e50da-4c54-43f1-816a-228db479ce9d';
const plan = {
  target: {
    server: 'core1',
    provider: { kind: 'ovh', service: 'ns1', account: 'lab' },
    address: '127.0.0.1',
    sshPort: 22,
  },
  apply: 'presize',
  disk: { serial: 'WD-1' },
  layout: null,
} as Partial<Plan> as Plan;

const inspection = `boot-id
\t${bootId}
command-line
\tx
firmware
\tbios
memory-bytes
\t1
root-source
\t/dev/sda9
tools
begun
disk /dev/sda
\tserial=WD-1
\tsize=2000398934016
\tlog-sec=512
\tfingerprint=7c1e90aabbcc
busy /dev/sda
\tsda9 is mounted at /
`;

/** A host on which these jobs run; `asked` are the scripts that were run there. */
function host(jobs: string) {
  const asked: string[] = [];
  const answers: Record<string, string> = {
    identify: `boot_id=${bootId}\n`,
    'running-jobs': jobs,
    inspect: inspection,
  };
  const execOk = async (argv: string[]) => {
    const at = argv.findIndex((word) => word.startsWith('/run/scripts/'));
    if (at < 0) return { stdout: '/run/scripts\n' };
    const words = [(argv[at] ?? '').slice('/run/scripts/'.length, -3), ...argv.slice(at + 1)];
    asked.push(words.join(' '));
    return { stdout: answers[words[0] ?? ''] ?? '' };
  };
  const connection = { user: 'root', where: 'core1:22', close: async () => {}, execOk };
  const dependencies: Partial<Dependencies> = {
    keyPair: () => ({ privateKey: '', publicKey: '', fingerprint: '' }),
    connect: async () => connection as Partial<SshConnection> as SshConnection,
  };
  const see = (seen: Seen) =>
    new MockActivityEnvironment().run(() => seeDisk(dependencies as Dependencies, plan, seen));
  return { asked, see };
}

function system(kind: System['kind']): System {
  return { kind, bootId, hostKey: 'ssh-ed25519 AAAA', user: 'root', waitedMs: 0, kernel: '6.1.0' };
}

it('a disk on which a job of an earlier run still works is not probed', async () => {
  const { asked, see } = host('install-core1 1795000000000\n');
  const seen = await see({ kind: 'rescue', system: system('rescue') });
  expect(seen).toMatchObject({
    answering: { kind: 'rescue', jobs: ['install-core1'] },
    disk: null,
  });
  expect(asked).toEqual(['identify', 'running-jobs']);
});

it('in rescue what is in use is refused, as a run would', async () => {
  const { asked, see } = host('');
  await expect(see({ kind: 'rescue', system: system('rescue') })).rejects.toThrow(
    'it is in use (sda9 is mounted at /)',
  );
  expect(asked).toEqual(['identify', 'running-jobs', 'inspect']);
});

it('on a system that runs from the disk nothing is mounted, and its use is no reason', async () => {
  const { asked, see } = host('');
  const recognised = { layout: null, finished: true, repartitioned: null };
  const seen = await see({ kind: 'installed', system: system('installed'), recognised });
  expect(seen).toMatchObject({ reached: 'everything', disk: { fingerprint: '7c1e90aabbcc' } });
  expect(asked).toEqual(['identify', 'inspect live']);
});

it.each(['silent', 'stranger', 'run-under-way'] as const)('%s: nobody is asked', async (kind) => {
  const { asked, see } = host('');
  expect(await see({ kind })).toMatchObject({ answering: { kind }, disk: null });
  expect(asked).toEqual([]);
});
