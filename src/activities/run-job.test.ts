import { ActivityCancellationDetails } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { expect, it } from 'vitest';

import type { RunTarget, System } from '../run/plan.ts';
import type { SshConnection } from '../ssh/connection.ts';
import type { Dependencies } from './dependencies.ts';
import { runJob } from './run-job.ts';

const bootId = '1d8e50da-4c54-43f1-816a-228db479ce9d';
const target: RunTarget = {
  server: 'core1',
  provider: { kind: 'ovh', service: 'ns1', account: 'lab' },
  address: '127.0.0.1',
  sshPort: 22,
};
const rescue: System = {
  ...{ kind: 'rescue', bootId, hostKey: 'ssh-ed25519 AAAA', user: 'root' },
  ...{ waitedMs: 1_000, kernel: '6.1.0' },
};
const work = { key: 'write-1', attempt: 1_795_000_000_000, script: 'write-image', args: [] };

/** A host that gives these answers, one after the other, to questions about a job. */
function host(answers: string[], onAnswer = () => {}) {
  const asked: string[] = [];
  const run = async (argv: string[]) => {
    const [, script = '', verb = '', ...words] = argv;
    if (!script.endsWith('/job.sh')) {
      return { stdout: script.endsWith('/identify.sh') ? `boot_id=${bootId}\n` : '/run/scripts\n' };
    }
    asked.push([verb, ...words.slice(0, 3)].join(' '));
    onAnswer();
    return { stdout: `${answers.shift() ?? ''}\nend\n` };
  };
  const connection = { user: 'root', where: 'core1:22', close: async () => {}, execOk: run };
  const dependencies: Partial<Dependencies> = {
    keyPair: () => ({ privateKey: '', publicKey: '', fingerprint: '' }),
    connect: async () => connection as Partial<SshConnection> as SshConnection,
  };
  return { asked, dependencies: dependencies as Dependencies };
}

it('a job that was killed from outside is told as that, with the last that it said', async () => {
  const log = Buffer.from('writing\nhalf of it\n').toString('base64');
  const { dependencies } = host([`kind=crashed\nstarts=1\nstarted=1795000000 12.5\nlog=${log}`]);
  const attempt = new MockActivityEnvironment();
  await expect(attempt.run(() => runJob(dependencies, target, rescue, work))).rejects.toMatchObject(
    {
      name: 'JobCrashed',
      message: expect.stringMatching(/write-image on core1 was killed.*Resume.*half of it/s),
    },
  );
});

it('stands back when a newer attempt has begun', async () => {
  const { dependencies, asked } = host(['kind=running', 'kind=superseded\nnewest=1795000000001']);
  const attempt = new MockActivityEnvironment();
  await expect(attempt.run(() => runJob(dependencies, target, rescue, work))).rejects.toMatchObject(
    { name: 'JobSuperseded' },
  );
  expect(asked.map((question) => question.split(' ')[0])).toEqual(['start', 'state']);
});

it.each([
  ['a person', { cancelRequested: true }, ['start', 'cancel']],
  ['the end of the worker', { workerShutdown: true }, ['start']],
])('a cancellation by %s', async (_, details, verbs) => {
  const attempt = new MockActivityEnvironment();
  const cancel = () => attempt.cancel('CANCELLED', new ActivityCancellationDetails(details));
  const { dependencies, asked } = host(['kind=running', 'kind=absent'], cancel);
  await expect(attempt.run(() => runJob(dependencies, target, rescue, work))).rejects.toThrow();
  expect(asked).toEqual(verbs.map((verb) => `${verb} write-1 ${work.attempt} ${bootId}`));
});
