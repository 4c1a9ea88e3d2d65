import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { parseJobState } from '../../src/ssh/job-state.ts';
import type { JobState } from '../../src/ssh/job-state.ts';
import { probedScript } from './probed-script.ts';
import type { Hit, Role, Victim } from './probed-script.ts';

export const shells = ['dash', 'bash'] as const;
export type Shell = (typeof shells)[number];

/** Where a kill fell: `claimed` is between the job's directory and its start. */
export const places = ['before', 'claimed', 'running', 'ended'] as const;
export type Place = (typeof places)[number];

/** How one story ended. */
export type Outcome = {
  /** Null: the kill was not reached, or its victim had gone. */
  fell: Place | null;
  /** What the first attempt came to. */
  kind: JobState['kind'];
  /** How often the command of each attempt ran, first attempt first. */
  runs: number[];
  /** How often the host says that the first attempt was started. */
  starts: number;
  /** The last attempt did not come to an end within the patience. */
  stuck: boolean;
};

const remote = join(import.meta.dirname, '../../src/remote');
const bootIdFile = '/proc/sys/kernel/random/boot_id';
const patienceMs = 20_000;

/** Tells that it ran, and in which attempt. */
const countScript = `main() {
  echo "$JOB_OUT" >>"$1"
}
main "$@"
`;

/** The scripts under one shell, as /run/ironstep/scripts-… has them on a server. */
export class Bench {
  readonly folder: string;
  readonly shell: Shell;
  readonly bootId = readFileSync(bootIdFile, 'utf8').trim();
  #stories = 0;

  constructor(root: string, shell: Shell) {
    this.shell = shell;
    this.folder = join(root, shell);
    mkdirSync(join(this.folder, 'bin'), { recursive: true });
    symlinkSync(`/usr/bin/${shell}`, join(this.folder, 'bin/sh'));
    const source = readFileSync(join(remote, 'job.sh'), 'utf8');
    writeFileSync(join(this.folder, 'job.sh'), source);
    copyFileSync(join(remote, 'receive-scripts.sh'), join(this.folder, 'receive-scripts.sh'));
    writeFileSync(join(this.folder, 'probed.sh'), probedScript(source));
    writeFileSync(join(this.folder, 'count.sh'), countScript);
  }

  /** Every hit of a start that nobody disturbs. */
  async hits(): Promise<Hit[]> {
    const story = this.story();
    const trace = join(story.folder, 'trace');
    await story.start({ PROBE_TRACE: trace });
    await story.follow(1);
    return readFileSync(trace, 'utf8')
      .trim()
      .split('\n')
      .map((line) => {
        const [role, number, at] = line.split(' ');
        return { role: role as Role, number: Number(number), line: Number(at) };
      });
  }

  /** A job that nobody has asked for yet, on a host that has just booted. */
  story(): Story {
    this.#stories += 1;
    const folder = join(this.folder, `story-${this.#stories}`);
    mkdirSync(folder);
    return new Story(this, folder);
  }

  /** Starts a job, kills at this hit, and goes on as the next attempt does. */
  async killAt(hit: Hit, victim: Victim): Promise<Outcome> {
    const story = this.story();
    const note = join(story.folder, 'note');
    await story.start({
      PROBE_AT: `${hit.role} ${hit.number}`,
      PROBE_VICTIM: victim,
      PROBE_NOTE: note,
    });
    const fell = existsSync(note) ? (readFileSync(note, 'utf8').trim() as Place) : null;
    return story.outcome(fell);
  }
}

/** One job of one host, from its first start to its end. */
export class Story {
  readonly folder: string;
  readonly #bench: Bench;

  constructor(bench: Bench, folder: string) {
    this.#bench = bench;
    this.folder = folder;
  }

  get env(): Record<string, string> {
    return {
      PATH: `${this.#bench.folder}/bin:${process.env['PATH'] ?? ''}`,
      IRONSTEP_RUN: join(this.folder, 'run'),
    };
  }

  get jobFolder(): string {
    return join(this.folder, 'run/jobs', this.#bench.bootId, 'key/1');
  }

  /** What a worker asks for; the same for every attempt. */
  words(verb: 'start' | 'state', attempt: number): string[] {
    const rest = verb === 'start' ? ['count', '0', join(this.folder, 'runs')] : [];
    return [verb, 'key', String(attempt), this.#bench.bootId, ...rest];
  }

  /** Runs the probed script as a session of its own, between two pipes that the client holds. */
  async start(probes: Record<string, string>): Promise<void> {
    const client = 'export PROBE_CLIENT=$$; : | setsid sh "$@" | cat >/dev/null';
    const script = join(this.#bench.folder, 'probed.sh');
    const child = spawn('sh', ['-c', client, 'client', script, ...this.words('start', 1)], {
      env: {
        ...{ ...this.env, PROBE_TRACE: '', PROBE_AT: '', PROBE_JOB: this.jobFolder },
        ...probes,
      },
      detached: true,
      stdio: 'ignore',
    });
    await once(child, 'exit');
  }

  /** Asks as `followJob` does, until the attempt has ended. */
  async follow(attempt: number): Promise<{ state: JobState; stuck: boolean }> {
    const giveUpAtMs = performance.now() + patienceMs;
    let state = await this.ask('start', attempt);
    while (state.kind === 'absent' || state.kind === 'running') {
      if (performance.now() > giveUpAtMs) return { state, stuck: true };
      await sleep(10);
      state = await this.ask(state.kind === 'absent' ? 'start' : 'state', attempt);
    }
    return { state, stuck: false };
  }

  async ask(verb: 'start' | 'state', attempt: number): Promise<JobState> {
    const script = join(this.#bench.folder, 'job.sh');
    const child = spawn('sh', [script, ...this.words(verb, attempt)], {
      env: this.env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
    await once(child, 'close');
    return parseJobState(said);
  }

  /** The next attempts: the same one asked for again, and a newer one when it has crashed. */
  async outcome(fell: Place | null): Promise<Outcome> {
    const first = await this.follow(1);
    const crashed = first.state.kind === 'crashed';
    const last = crashed ? await this.follow(2) : first;
    const starts = 'starts' in first.state ? first.state.starts : 0;
    const stuck = first.stuck || last.stuck || last.state.kind !== 'done';
    return { fell, kind: first.state.kind, runs: runsOf(join(this.folder, 'runs')), starts, stuck };
  }
}

/** How often the command of each attempt ran, by what it wrote itself. */
export function runsOf(file: string): number[] {
  const lines = existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
  return [1, 2].map((attempt) => lines.filter((line) => line.endsWith(`/${attempt}/out`)).length);
}
