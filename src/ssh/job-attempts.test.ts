import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { JobHost, jobShells, patience } from '../../test/job-host.ts';
import type { WaitingJob } from '../../test/job-host.ts';
import { noSshd } from '../../test/local-sshd.ts';
import { cancelJob, followJob, jobState, startJob } from './job.ts';
import type { RemoteScripts } from './scripts.ts';

/** Several attempts at one piece of work: by another worker, after a resume, by a later run. */
describe.skipIf(noSshd).each(jobShells)('attempts at a job under $shell', (shell) => {
  let host: JobHost;
  let scripts: RemoteScripts;
  let job: WaitingJob;

  beforeAll(async () => {
    host = await JobHost.start(shell);
    ({ scripts } = host);
  });
  afterAll(() => host?.stop());
  beforeEach(() => {
    job = host.waitingJob();
  });

  const older = () => job.request;
  const newer = () => ({ ...job.request, attempt: 2 });
  const superseded = { kind: 'superseded', newest: 2 };

  it('a newer attempt attaches to what runs, and the older one cannot end it', async () => {
    await startJob(scripts, older());
    await job.untilRuns(1);
    expect(await startJob(scripts, newer())).toMatchObject({ kind: 'running' });
    expect(await cancelJob(scripts, older())).toEqual(superseded);
    await expect(followJob(scripts, older())).rejects.toMatchObject({ name: 'JobSuperseded' });
    job.openGate();
    const done = await followJob(scripts, newer(), { pollMs: 20 });
    expect(done).toMatchObject({ kind: 'done', exitCode: 0, starts: 1 });
    expect(job.runs()).toBe(1);
  });

  it('an older attempt that comes late starts nothing', async () => {
    await startJob(scripts, newer());
    await job.untilRuns(1);
    expect(await startJob(scripts, older())).toEqual(superseded);
    job.openGate();
    await vi.waitUntil(async () => (await jobState(scripts, newer())).kind === 'done', patience);
    expect(await startJob(scripts, older())).toEqual(superseded);
    expect(job.runs()).toBe(1);
  });

  it('what succeeded is not done again, what failed is', async () => {
    await startJob(scripts, older());
    await job.untilRuns(1);
    await cancelJob(scripts, older(), { pollMs: 20 });
    expect(await jobState(scripts, older())).toMatchObject({ kind: 'done', exitCode: 143 });
    expect(await jobState(scripts, newer())).toEqual({ kind: 'absent' });
    job.openGate();
    const second = await followJob(scripts, newer(), { pollMs: 20 });
    expect(second).toMatchObject({ kind: 'done', exitCode: 0, starts: 1 });
    const third = await followJob(scripts, { ...job.request, attempt: 3 }, { pollMs: 20 });
    expect(third).toEqual(second);
    expect(job.runs()).toBe(2);
  });

  it('begins anew what fails after it was attached to', async () => {
    await startJob(scripts, older());
    await job.untilRuns(1);
    const followed = followJob(scripts, newer(), { pollMs: 20 });
    await vi.waitUntil(
      async () => (await jobState(scripts, older())).kind === 'superseded',
      patience,
    );
    process.kill(-job.supervisorPid(), 'SIGTERM');
    await job.untilRuns(2);
    job.openGate();
    expect(await followed).toMatchObject({ kind: 'done', exitCode: 0, starts: 1 });
  });

  it('a crashed one is begun anew', async () => {
    await startJob(scripts, older());
    await job.untilRuns(1);
    process.kill(-job.supervisorPid(), 'SIGKILL');
    expect(await followJob(scripts, older(), { pollMs: 20 })).toMatchObject({
      kind: 'crashed',
      starts: 1,
    });
    job.openGate();
    const done = await followJob(scripts, newer(), { pollMs: 20 });
    expect(done).toMatchObject({ kind: 'done', exitCode: 0, starts: 1 });
    expect(job.runs()).toBe(2);
  });
});
