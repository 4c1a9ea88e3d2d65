import { spawn } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { JobHost, jobShells } from '../../test/job-host.ts';
import type { WaitingJob } from '../../test/job-host.ts';
import { noSshd } from '../../test/local-sshd.ts';
import type { Progress } from '../run/status.ts';
import { connect } from './connection.ts';
import { cancelJob, followJob, jobState, startJob } from './job.ts';
import type { JobRequest } from './job.ts';
import { installScripts } from './scripts.ts';
import type { RemoteScripts } from './scripts.ts';

/** Tells what it was given. */
const tellScript = `main() {
  echo "log of $1"
  ls "$JOB_IN" >"$JOB_OUT/names"
  stat -c %a "$JOB_IN/secret" >"$JOB_OUT/mode"
  cat "$JOB_IN/secret" >"$JOB_OUT/secret"
  printf '%s\\n' "$@" >"$JOB_OUT/args"
  exit 10
}
main "$@"
`;

const floodScript = `main() {
  head -c 70000 /dev/zero | tr '\\0' x >"$JOB_OUT/flood"
}
main "$@"
`;

describe.skipIf(noSshd).each(jobShells)('jobs under $shell', (shell) => {
  let host: JobHost;
  let scripts: RemoteScripts;
  let bootId: string;
  let job: WaitingJob;
  let request: JobRequest;

  beforeAll(async () => {
    host = await JobHost.start(shell, { tell: tellScript, flood: floodScript });
    ({ scripts, bootId } = host);
  });
  afterAll(() => host?.stop());
  beforeEach(() => {
    job = host.waitingJob();
    ({ request } = job);
  });

  const jobFolder = () => join(job.workFolder, '1');
  const follow = (over = scripts) => followJob(over, request, { pollMs: 20 });

  it('returns exit code, output, log and times, and keeps no input', async () => {
    const before = Date.now();
    const secret = "it's $(secret)\nof two lines\n";
    request = { ...request, script: 'tell', args: ["a'b", '$(id)'], files: { secret, b: '' } };
    const done = await follow();
    expect(done).toMatchObject({
      kind: 'done',
      exitCode: 10,
      starts: 1,
      logTail: "log of a'b\n",
      output: { names: 'b\nsecret\n', mode: '600\n', secret, args: "a'b\n$(id)\n" },
    });
    if (done.kind !== 'done') return;
    // The server tells whole seconds.
    expect(Date.parse(done.startedAt)).toBeGreaterThanOrEqual(before - 1_000);
    expect(Date.parse(done.endedAt)).toBeGreaterThanOrEqual(Date.parse(done.startedAt));
    expect(done.durationMs).toBeGreaterThanOrEqual(0);
    expect(existsSync(join(jobFolder(), 'in'))).toBe(false);
    expect(statSync(jobFolder()).mode & 0o777).toBe(0o700);
  });

  it('relays progress while it runs, and starts nothing when asked again', async () => {
    const seen: Progress[] = [];
    const onProgress = (progress: Progress) => {
      seen.push(progress);
      if (progress.total) job.openGate();
    };
    const done = await followJob(scripts, request, { onProgress, pollMs: 20 });
    expect(done).toMatchObject({ kind: 'done', exitCode: 0, output: { gate: 'through\n' } });
    expect(seen.at(-1)).toEqual({
      label: 'writing to WD-1',
      done: 500,
      total: 2000,
      unit: 'bytes',
    });
    expect(await startJob(scripts, request)).toEqual(done);
    expect(job.runs()).toBe(1);
  });

  it('is started once by many who start it at once', async () => {
    const states = await Promise.all(Array.from({ length: 8 }, () => startJob(scripts, request)));
    expect(new Set(states.map((state) => state.kind))).toEqual(new Set(['running']));
    await job.untilRuns(1);
    job.openGate();
    expect(await follow()).toMatchObject({ kind: 'done', starts: 1 });
    expect(job.runs()).toBe(1);
  });

  it('is found by another worker after the first was killed', async () => {
    const worker = spawnWorker(host, request);
    await job.untilRuns(1);
    worker.kill('SIGKILL');
    await new Promise((resolve) => worker.once('exit', resolve));
    await using other = await connect(host.sshd.target(), { connectTimeoutMs: 15_000 });
    const attached = await installScripts(other, { sudo: false, source: host.source });
    expect(await jobState(attached, request)).toMatchObject({ kind: 'running' });
    job.openGate();
    expect(await follow(attached)).toMatchObject({ kind: 'done', exitCode: 0, starts: 1 });
    expect(job.runs()).toBe(1);
  });

  it('is among the jobs that run on the host for as long as it does', async () => {
    const running = async () => (await scripts.runOk('running-jobs', [])).stdout.split('\n');
    await startJob(scripts, request);
    await job.untilRuns(1);
    expect(await running()).toContain(`${request.key} 1`);
    job.openGate();
    await follow();
    expect(await running()).not.toContain(`${request.key} 1`);
  });

  it('does not start on half an input', async () => {
    const words = ['start', request.key, '1', bootId, 'wait', '2048'];
    const cut = await scripts.run('job', words, { stdin: Buffer.alloc(1536) });
    expect(cut.exitCode).toBe(64);
    expect(cut.stderr).toContain('1536 of 2048 bytes arrived');
    expect(await jobState(scripts, request)).toEqual({ kind: 'absent' });
    expect(readdirSync(host.runFolder).filter((name) => name[0] === '.')).toEqual([]);
  });

  it('has crashed when its supervisor was killed, once nothing of it runs', async () => {
    await startJob(scripts, request);
    await job.untilRuns(1);
    process.kill(job.supervisorPid(), 'SIGKILL');
    expect(await jobState(scripts, request)).toMatchObject({ kind: 'running' });
    job.openGate();
    expect(await follow()).toMatchObject({ kind: 'crashed', starts: 1 });
    expect(await startJob(scripts, request)).toMatchObject({ kind: 'crashed' });
    expect(job.runs()).toBe(1);
  });

  it('is lost when the server runs another boot', async () => {
    const yesterday = '00000000-0000-4000-8000-000000000000';
    expect(await startJob(scripts, { ...request, bootId: yesterday })).toEqual({
      kind: 'lost',
      bootId,
    });
    expect(await jobState(scripts, request)).toEqual({ kind: 'absent' });
  });

  it('ends on cancel with all that it started, and says so', async () => {
    await startJob(scripts, request);
    await job.untilRuns(1);
    const state = await cancelJob(scripts, request, { pollMs: 20 });
    expect(state).toMatchObject({ kind: 'done', exitCode: 143 });
    expect(await cancelJob(scripts, { ...request, key: 'nothing' })).toEqual({ kind: 'absent' });
  });

  it('leaves the job running when the follower is told to stop', async () => {
    const reason = new Error('worker stops');
    const controller = new AbortController();
    const followed = followJob(scripts, request, {
      signal: controller.signal,
      pollMs: 20,
      onProgress: () => controller.abort(reason),
    });
    await expect(followed).rejects.toBe(reason);
    await job.untilRuns(1);
    job.openGate();
    expect(await follow()).toMatchObject({ kind: 'done', starts: 1 });
  });

  it('refuses a large output, an unknown script, and a key that is a path', async () => {
    request = { ...request, script: 'flood', args: [] };
    await expect(follow()).rejects.toThrow('holds 70000 bytes, more than 65536');
    const unknown = { ...request, key: 'unknown', script: 'nothing' };
    await expect(startJob(scripts, unknown)).rejects.toThrow('no script nothing.sh');
    await expect(jobState(scripts, { ...request, key: '../jobs' })).rejects.toThrow(
      'not a job key',
    );
  });
});

it('gives a job up that never begins', async () => {
  const answer = { command: '', exitCode: 0, exitSignal: null, stderr: '', durationMs: 1 };
  const run = () => Promise.resolve({ ...answer, stdout: 'kind=absent\nend\n' });
  const scripts: RemoteScripts = { where: 'core1:22', folder: '', run, runOk: run };
  const request = { key: 'job', attempt: 1, bootId: 'b', script: 'wait', args: [] };
  await expect(followJob(scripts, request)).rejects.toMatchObject({ name: 'JobNeverStarted' });
});

/** A worker process that follows the job until it is killed. */
function spawnWorker({ sshd, source }: JobHost, request: JobRequest) {
  const code = `
    const [folder, options] = JSON.parse(process.argv[1]);
    const { connect } = await import(folder + '/connection.ts');
    const { installScripts } = await import(folder + '/scripts.ts');
    const { followJob } = await import(folder + '/job.ts');
    const connection = await connect(options.target, { connectTimeoutMs: 15000 });
    const scripts = await installScripts(connection, { sudo: false, source: options.source });
    await followJob(scripts, options.request);
  `;
  const options = JSON.stringify([import.meta.dirname, { target: sshd.target(), source, request }]);
  const argv = ['--import', 'tsx', '--input-type=module', '-e', code, options];
  return spawn(process.execPath, argv, { stdio: 'inherit' });
}
