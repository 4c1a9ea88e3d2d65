/** What the program's end says to a script; documented in its help. */
export const exitCode = {
  ok: 0,
  /** The run failed or was refused, or the request was. */
  failed: 1,
  /** A bad command line or a bad spec; nothing was asked of anybody. */
  usage: 2,
  /** The run waits for a person. */
  waits: 3,
  /** Temporal or the worker is not reachable. */
  unreachable: 4,
  /** Ctrl-C; the run goes on. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCode)[keyof typeof exitCode];

/** Each code in words, for the help and the reference. */
export const exitCodeWords: Record<ExitCode, string> = {
  0: 'done, or the server is ready',
  1: 'failed or refused',
  2: 'a wrong command line, or a bad spec',
  3: 'the run waits for a person',
  4: 'Temporal or its worker cannot be reached',
  130: 'interrupted by Ctrl-C; the run goes on',
};

/** The help's paragraph on exit codes. */
export const exitCodeHelp = [
  'Exit codes:',
  ...Object.entries(exitCodeWords).map(([code, words]) => `  ${code.padEnd(3)}  ${words}`),
].join('\n');
