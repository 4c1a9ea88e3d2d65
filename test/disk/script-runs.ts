import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { Bench } from './loop-disks.ts';

const scripts = fileURLToPath(new URL('../../src/remote/', import.meta.url));

export type ScriptRun = {
  exitCode: number | null;
  log: string;
  stdout: string;
  out: Record<string, string>;
};

/** Kills the whole process group when a tool is called for the nth time, before or after it. */
export type KillPoint = { tool: string; call: number; when: 'before' | 'after' };

/** Runs a script of src/remote as the job runner does: environment, input and output folders. */
export class ScriptHost {
  readonly #bench: Bench;
  /** What /run/ironstep is on the server; a new one stands for a new boot of the rescue system. */
  #runDir: string;

  constructor(bench: Bench) {
    this.#bench = bench;
    this.#runDir = mkdtempSync(join(bench.folder, 'run-'));
  }

  get stageDir(): string {
    return join(this.#runDir, 'stage');
  }

  losePower(): void {
    this.#runDir = mkdtempSync(join(this.#bench.folder, 'run-'));
  }

  async run(
    script: string,
    args: string[],
    input: Record<string, string>,
    kill?: KillPoint,
  ): Promise<ScriptRun> {
    const job = mkdtempSync(join(this.#bench.folder, 'job-'));
    for (const folder of ['in', 'out']) mkdirSync(join(job, folder));
    for (const [name, text] of Object.entries(input)) writeFileSync(join(job, 'in', name), text);
    const path = [this.#bench.fakes, process.env['PATH']];
    if (kill !== undefined) path.unshift(this.#killer(job, kill));
    const child = spawn('sh', [join(scripts, `${script}.sh`), ...args], {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: path.join(':'),
        IRONSTEP_RUN: this.#runDir,
        JOB_IN: join(job, 'in'),
        JOB_OUT: join(job, 'out'),
        JOB_PROGRESS: join(job, 'progress'),
      },
    });
    let [stdout, log] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (log += text));
    const exitCode = await new Promise<number | null>((resolve, reject) => {
      child.on('error', reject).on('close', resolve);
    });
    const out = Object.fromEntries(
      readdirSync(join(job, 'out')).map((name) => [
        name,
        readFileSync(join(job, 'out', name), 'utf8'),
      ]),
    );
    return { exitCode, log, stdout, out };
  }

  #killer(job: string, { tool, call, when }: KillPoint): string {
    const folder = join(job, 'killer');
    mkdirSync(folder);
    const real = `PATH="${this.#bench.fakes}:${process.env['PATH']}" ${tool} "$@"`;
    const steps = ['strike', 'real "$@"'];
    if (when === 'after') steps.reverse();
    writeFileSync(
      join(folder, tool),
      [
        '#!/bin/sh',
        `echo >>"${job}/calls"`,
        `strike() { [ "$(wc -l <"${job}/calls")" -ne ${call} ] || kill -KILL 0; }`,
        `real() { ${real}; }`,
        steps.join('\n'),
      ].join('\n'),
      { mode: 0o755 },
    );
    return folder;
  }
}
