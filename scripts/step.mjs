import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The root of the checkout. */
export const root = fileURLToPath(new URL('../', import.meta.url));

/** Something a person has to do before this can go on; the message says what. */
export class NeedsPerson extends Error {
  name = 'NeedsPerson';
}

/** Set by Ctrl-C: children got it from the terminal too, so they are waited for, not killed. */
export const interrupted = { by: null };

const running = new Set();
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => {
    interrupted.by = signal;
    // Ctrl-C reaches the whole group; SIGTERM reaches only us and is passed on.
    if (signal === 'SIGTERM') for (const child of running) child.kill(signal);
  });
}

/**
 * Runs a program to its end in the checkout and returns its exit code (128 and more: a signal) and
 * what it wrote. `stream` shows all of that as it comes instead, `showStderr` only stderr.
 */
export function run(program, args, { stream = false, showStderr = false, cwd = root } = {}) {
  const piped = ['ignore', 'pipe', showStderr ? 'inherit' : 'pipe'];
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, stdio: stream ? 'inherit' : piped });
    running.add(child);
    const output = [];
    child.stdout?.on('data', (chunk) => output.push(chunk));
    child.stderr?.on('data', (chunk) => output.push(chunk));
    child.once('error', (error) => {
      running.delete(child);
      reject(error);
    });
    child.once('close', (code, signal) => {
      running.delete(child);
      const exitCode = code ?? (signal === 'SIGINT' ? 130 : 143);
      resolve({ code: exitCode, output: Buffer.concat(output).toString('utf8') });
    });
  });
}

/** One line of progress; stdout is for results. */
export function say(line) {
  process.stderr.write(`${line}\n`);
}

/** A duration as people say it: `3s`, `2m41s`. */
export function spent(sinceMs) {
  const seconds = Math.round((performance.now() - sinceMs) / 1000);
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`;
}
