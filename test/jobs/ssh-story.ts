import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { readBootId } from '../../src/ssh/boot-id.ts';
import { connect } from '../../src/ssh/connection.ts';
import type { SshConnection } from '../../src/ssh/connection.ts';
import { followJob, startJob } from '../../src/ssh/job.ts';
import type { JobRequest } from '../../src/ssh/job.ts';
import { installScripts } from '../../src/ssh/scripts.ts';
import { startLocalSshd } from '../local-sshd.ts';
import type { LocalSshd } from '../local-sshd.ts';
import { seededRandom } from '../seeded-random.ts';
import { runsOf } from './story.ts';
import type { Outcome, Place, Shell } from './story.ts';

/** A start takes about so long from the request to the answer; kills fall anywhere in it. */
const startTakesMs = 60;
const connectTimeoutMs = 15_000;

/** Jobs over a real sshd, whose client vanishes at random: what the kernel does to its socket. */
export class SshBench implements AsyncDisposable {
  readonly #sshd: LocalSshd;
  readonly #scripts: string;
  readonly #random: () => number;
  readonly #bootId: string;
  #stories = 0;

  private constructor(sshd: LocalSshd, scripts: string, seed: number, bootId: string) {
    this.#sshd = sshd;
    this.#scripts = scripts;
    this.#random = seededRandom(seed);
    this.#bootId = bootId;
  }

  /** `root` is where `Bench` has put the scripts of this shell. */
  static async start(root: string, shell: Shell, seed: number): Promise<SshBench> {
    const folder = join(root, shell);
    const path = `${folder}/bin:${process.env['PATH'] ?? ''}`;
    const sshd = await startLocalSshd({
      env: { PATH: path, IRONSTEP_RUN: join(folder, 'ssh-run') },
    });
    await using connection = await connect(sshd.target(), { connectTimeoutMs });
    return new SshBench(sshd, folder, seed, await readBootId(connection));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#sshd.stop();
  }

  /** Starts a job, loses the connection at a random moment, and follows it over a new one. */
  async killAtRandom(): Promise<Outcome> {
    this.#stories += 1;
    const key = `ssh-${this.#stories}`;
    const runsFile = join(this.#scripts, `${key}.runs`);
    const request: JobRequest = {
      ...{ key, attempt: 1, bootId: this.#bootId, script: 'count', args: [runsFile] },
      files: { input: 'x'.repeat(10_000) },
    };
    const fell = await this.#startAndVanish(request);
    await using connection = await this.#connect();
    const state = await followJob(await this.#install(connection), request, { pollMs: 10 });
    const starts = 'starts' in state ? state.starts : 0;
    return { fell, kind: state.kind, runs: runsOf(runsFile), starts, stuck: false };
  }

  async #startAndVanish(request: JobRequest): Promise<Place> {
    await using connection = await this.#connect();
    const scripts = await this.#install(connection);
    const lost = startJob(scripts, request).catch(() => undefined);
    await sleep(this.#random() * startTakesMs);
    const fell = this.#place(request.key);
    await connection.close();
    await lost;
    return fell;
  }

  #place(key: string): Place {
    const job = join(this.#scripts, 'ssh-run/jobs', this.#bootId, key, '1');
    if (!existsSync(job)) return 'before';
    if ((statSync(`${job}.starts`, { throwIfNoEntry: false })?.size ?? 0) === 0) return 'claimed';
    return existsSync(join(job, 'rc')) ? 'ended' : 'running';
  }

  #connect(): Promise<SshConnection> {
    return connect(this.#sshd.target(), { connectTimeoutMs });
  }

  #install(connection: SshConnection) {
    return installScripts(connection, { sudo: false, source: this.#scripts });
  }
}
