import { execFileSync, spawn } from 'node:child_process';
import {
  constants,
  cpSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { noSshd, startLocalSshd } from '../../test/local-sshd.ts';
import type { LocalSshd } from '../../test/local-sshd.ts';
import type { Progress } from '../run/status.ts';
import { readBootId } from './boot-id.ts';
import { connect } from './connection.ts';
import type { SshConnection } from './connection.ts';
import { cancelJob, followJob, jobState, startJob } from './job.ts';
import type { JobRequest } from './job.ts';
import { installScripts } from './scripts.ts';
import type { RemoteScripts } from './scripts.ts';

const remote = join(import.meta.dirname, '..', 'remote');
const patience = { timeout: 15_000, interval: 20 };

/** The system's own tools, with `sh` from the shell under test; busybox brings its tools too. */
const shells = [
  { shell: 'dash', program: '/usr/bin/dash', tools: ['sh'] },
  { shell: 'bash', program: '/usr/bin/bash', tools: ['sh'] },
  {
    shell: 'busybox',
    program: '/usr/bin/busybox',
    tools: 'sh base64 cat cut date dirname mkdir mktemp mv rm setsid sha256sum sync tail tar tr wc',
  },
].map(({ tools, ...shell }) => ({ ...shell, tools: [tools].flat().join(' ').split(' ') }));

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

/** Counts its runs, says where it is, and ends when the gate opens. */
const waitScript = `main() {
  echo run >>"$1/runs"
  echo '500 2000 bytes writing to WD-1' >"$JOB_PROGRESS.new"
  mv "$JOB_PROGRESS.new" "$JOB_PROGRESS"
  read -r _ <"$1/gate"
  echo through >"$JOB_OUT/gate"
}
main "$@"
`;

const floodScript = `main() {
  head -c 70000 /dev/zero | tr '\\0' x >"$JOB_OUT/flood"
}
main "$@"
`;

describe.skipIf(noSshd).each(shells.filter(({ program }) => existsSync(program)))(
  'jobs under $shell',
  ({ shell, program, tools }) => {
    let sshd: LocalSshd;
    let connection: SshConnection;
    let scripts: RemoteScripts;
    let bootId: string;
    let source: string;
    let count = 0;
    let gate: number;
    /** Of the test's own wait.sh: `runs`, `gate`. */
    let folder: string;
    let request: JobRequest;

    beforeAll(async () => {
      const root = join('/tmp', `ironstep-jobs-${shell}-${process.pid}`);
      const bin = join(root, 'bin');
      mkdirSync(bin, { recursive: true });
      for (const tool of tools) symlinkSync(program, join(bin, tool));
      source = join(root, 'scripts');
      cpSync(remote, source, { recursive: true });
      writeFileSync(join(source, 'tell.sh'), tellScript);
      writeFileSync(join(source, 'wait.sh'), waitScript);
      writeFileSync(join(source, 'flood.sh'), floodScript);
      const path = `${bin}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`;
      sshd = await startLocalSshd({ env: { PATH: path, IRONSTEP_RUN: join(root, 'run') } });
      connection = await connect(sshd.target(), { connectTimeoutMs: 15_000 });
      scripts = await installScripts(connection, { sudo: false, source });
      bootId = await readBootId(connection);
    });

    afterAll(async () => {
      await connection.close();
      await sshd.stop();
      execFileSync('rm', ['-rf', `/tmp/ironstep-jobs-${shell}-${process.pid}`]);
    });

    beforeEach(() => {
      count += 1;
      folder = join(sshd.folder, `job-${count}`);
      mkdirSync(folder);
      execFileSync('mkfifo', [join(folder, 'gate')]);
      // Read-write, so that neither end of the pipe waits for the other.
      gate = openSync(join(folder, 'gate'), constants.O_RDWR);
      request = { key: `job-${count}`, attempt: 1, bootId, script: 'wait', args: [folder] };
    });

    const runs = () => {
      const file = join(folder, 'runs');
      return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n').length : 0;
    };
    const openGate = () => writeSync(gate, '\n');
    const runFolder = () => `/tmp/ironstep-jobs-${shell}-${process.pid}/run`;
    const workFolder = () => join(runFolder(), 'jobs', bootId, request.key);
    const jobFolder = () => join(workFolder(), '1');
    const follow = (over = scripts) => followJob(over, request, { pollMs: 20 });
    const started = () => vi.waitUntil(() => runs() === 1, patience);

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
        if (progress.total) openGate();
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
      expect(runs()).toBe(1);
    });

    it('is started once by many who start it at once', async () => {
      const states = await Promise.all(Array.from({ length: 8 }, () => startJob(scripts, request)));
      expect(new Set(states.map((state) => state.kind))).toEqual(new Set(['running']));
      await started();
      openGate();
      expect(await follow()).toMatchObject({ kind: 'done', starts: 1 });
      expect(runs()).toBe(1);
    });

    it('is found by another worker after the first was killed', async () => {
      const worker = spawnWorker(sshd, source, request);
      await started();
      worker.kill('SIGKILL');
      await new Promise((resolve) => worker.once('exit', resolve));
      await using other = await connect(sshd.target(), { connectTimeoutMs: 15_000 });
      const attached = await installScripts(other, { sudo: false, source });
      expect(await jobState(attached, request)).toMatchObject({ kind: 'running' });
      openGate();
      expect(await follow(attached)).toMatchObject({ kind: 'done', exitCode: 0, starts: 1 });
      expect(runs()).toBe(1);
    });

    it('does not start on half an input', async () => {
      const words = ['start', request.key, '1', bootId, 'wait', '2048', folder];
      const cut = await scripts.run('job', words, { stdin: Buffer.alloc(1536) });
      expect(cut.exitCode).toBe(64);
      expect(cut.stderr).toContain('1536 of 2048 bytes arrived');
      expect(await jobState(scripts, request)).toEqual({ kind: 'absent' });
      expect(readdirSync(runFolder()).filter((name) => name[0] === '.')).toEqual([]);
    });

    it('has crashed when its supervisor was killed, once nothing of it runs', async () => {
      await startJob(scripts, request);
      await started();
      process.kill(Number(readFileSync(join(workFolder(), 'pid'), 'utf8')), 'SIGKILL');
      expect(await jobState(scripts, request)).toMatchObject({ kind: 'running' });
      openGate();
      expect(await follow()).toMatchObject({ kind: 'crashed', starts: 1 });
      expect(await startJob(scripts, request)).toMatchObject({ kind: 'crashed' });
      expect(runs()).toBe(1);
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
      await started();
      const state = await cancelJob(scripts, request, { pollMs: 20 });
      expect(state).toMatchObject({ kind: 'done', exitCode: 143 });
      expect(await cancelJob(scripts, { ...request, key: 'nothing' })).toEqual({ kind: 'absent' });
    });

    describe('between attempts', () => {
      const older = () => request;
      const newer = () => ({ ...request, attempt: 2 });
      const superseded = { kind: 'superseded', newest: 2 };

      it('a newer attempt attaches to what runs, and the older one cannot end it', async () => {
        await startJob(scripts, older());
        await started();
        expect(await startJob(scripts, newer())).toMatchObject({ kind: 'running' });
        expect(await cancelJob(scripts, older())).toEqual(superseded);
        await expect(followJob(scripts, older())).rejects.toMatchObject({ name: 'JobSuperseded' });
        openGate();
        const done = await followJob(scripts, newer(), { pollMs: 20 });
        expect(done).toMatchObject({ kind: 'done', exitCode: 0, starts: 1 });
        expect(runs()).toBe(1);
      });

      it('an older attempt that comes late starts nothing', async () => {
        await startJob(scripts, newer());
        await started();
        expect(await startJob(scripts, older())).toEqual(superseded);
        openGate();
        await vi.waitUntil(
          async () => (await jobState(scripts, newer())).kind === 'done',
          patience,
        );
        expect(await startJob(scripts, older())).toEqual(superseded);
        expect(runs()).toBe(1);
      });

      it('what succeeded is not done again, what failed is', async () => {
        await startJob(scripts, older());
        await started();
        await cancelJob(scripts, older(), { pollMs: 20 });
        expect(await jobState(scripts, older())).toMatchObject({ kind: 'done', exitCode: 143 });
        expect(await jobState(scripts, newer())).toEqual({ kind: 'absent' });
        openGate();
        const second = await followJob(scripts, newer(), { pollMs: 20 });
        expect(second).toMatchObject({ kind: 'done', exitCode: 0, starts: 1 });
        const third = await followJob(scripts, { ...request, attempt: 3 }, { pollMs: 20 });
        expect(third).toEqual(second);
        expect(runs()).toBe(2);
      });

      it('begins anew what fails after it was attached to', async () => {
        await startJob(scripts, older());
        await started();
        const followed = followJob(scripts, newer(), { pollMs: 20 });
        await vi.waitUntil(
          async () => (await jobState(scripts, older())).kind === 'superseded',
          patience,
        );
        process.kill(-Number(readFileSync(join(workFolder(), 'pid'), 'utf8')), 'SIGTERM');
        await vi.waitUntil(() => runs() === 2, patience);
        openGate();
        expect(await followed).toMatchObject({ kind: 'done', exitCode: 0, starts: 1 });
      });

      it('a crashed one is begun anew', async () => {
        await startJob(scripts, older());
        await started();
        process.kill(-Number(readFileSync(join(workFolder(), 'pid'), 'utf8')), 'SIGKILL');
        expect(await follow()).toMatchObject({ kind: 'crashed', starts: 1 });
        openGate();
        const done = await followJob(scripts, newer(), { pollMs: 20 });
        expect(done).toMatchObject({ kind: 'done', exitCode: 0, starts: 1 });
        expect(runs()).toBe(2);
      });
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
      await started();
      openGate();
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
  },
);

it('gives a job up that never begins', async () => {
  const answer = { command: '', exitCode: 0, exitSignal: null, stderr: '', durationMs: 1 };
  const run = () => Promise.resolve({ ...answer, stdout: 'kind=absent\nend\n' });
  const scripts: RemoteScripts = { where: 'core1:22', folder: '', run, runOk: run };
  const request = { key: 'job', attempt: 1, bootId: 'b', script: 'wait', args: [] };
  await expect(followJob(scripts, request)).rejects.toMatchObject({ name: 'JobNeverStarted' });
});

/** A worker process that follows the job until it is killed. */
function spawnWorker(sshd: LocalSshd, source: string, request: JobRequest) {
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
